// Runs the page's script, which is written into it deflated: it is most of a small page.

(async () => {
  const script = document.createElement("script");
  // What is there without scripts is not drawn first, only to be drawn anew.
  document.body.hidden = true;
  try {
    const packed = atob(document.getElementById("packed").textContent);
    const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    script.textContent = await new Response(stream).text();
  } finally {
    document.body.hidden = false;
  }
  document.body.append(script);
})();
