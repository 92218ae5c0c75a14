// HTML put into an element that shows something like it: what stays the same is left alone, so that
// the browser styles, lays out and paints only what a step changes, and the focus stays.

/** Shows the HTML in the box. */
export function put(box, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  putChildren(box, fresh.content);
}

function putChildren(old, fresh) {
  const [were, are] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [i, child] of are.entries())
    if (i < were.length) putNode(were[i], child);
    else old.append(child);
  for (const child of were.slice(are.length)) child.remove();
}

function putNode(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  // What is read aloud when it changes begins anew.
  if (old.nodeName !== fresh.nodeName || fresh.ariaLive) old.replaceWith(fresh);
  else if (old.nodeType === Node.TEXT_NODE) old.data = fresh.data;
  else {
    for (const { name } of [...old.attributes])
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    putChildren(old, fresh);
  }
}
