"""Modules of Python, and what they hold."""

import sys
import types

import numpy as np

from tests.compiler.understood.case import Step, case


def package() -> types.ModuleType:
    outer, inner = types.ModuleType("mytorch_test_pkg"), types.ModuleType("mytorch_test_pkg.conf")
    outer.conf, inner.scale = inner, 2.0
    inner.__package__ = outer.__name__
    exec("def scaled(x): return x * scale", vars(inner))
    sys.modules[outer.__name__], sys.modules[inner.__name__] = outer, inner
    return outer


def in_module(source: str, **names: object) -> Step:
    space = {"__name__": "a_program", **names}
    exec(source, space)
    return space["run"]


@case
def chain_of_modules():
    pkg = package()
    run = in_module("def run(x): return x * pkg.conf.scale", pkg=pkg)
    return run, lambda: setattr(pkg.conf, "scale", 3.0)


@case
def function_of_a_module():
    pkg = package()
    run = in_module("def run(x): return pkg.conf.scaled(x)", pkg=pkg)
    return run, lambda: setattr(pkg.conf, "scale", 3.0)


@case
def module_that_is_replaced():
    pkg, other = package(), package()
    other.conf.scale = 3.0
    run = in_module("def run(x): return pkg.conf.scaled(x)", pkg=pkg)
    return run, lambda: setattr(pkg, "conf", other.conf)


@case
def import_inside():
    pkg = package()
    run = in_module(f"def run(x):\n import {pkg.__name__}.conf as c\n return x * c.scale")
    return run, lambda: setattr(pkg.conf, "scale", 3.0)


@case
def import_from_inside():
    pkg = package()
    run = in_module(f"def run(x):\n from {pkg.__name__}.conf import scale\n return x * scale")
    return run, lambda: setattr(pkg.conf, "scale", 3.0)


@case
def import_of_a_module_inside():
    pkg = package()
    run = in_module(f"def run(x):\n from {pkg.__name__} import conf\n return conf.scaled(x)")
    return run, lambda: setattr(pkg.conf, "scale", 3.0)


@case
def import_inside_of_what_is_replaced():
    pkg, name = package(), "mytorch_test_pkg.conf"
    other = types.ModuleType(name)
    other.scale = 3.0
    run = in_module(f"def run(x):\n from {name} import scale\n return x * scale")
    sys.modules[name] = pkg.conf
    return run, lambda: sys.modules.update({name: other})


@case
def module_in_a_closure():
    conf = package().conf
    return lambda x: x * conf.scale, lambda: setattr(conf, "scale", 3.0)


@case
def module_in_an_attribute():
    one = types.SimpleNamespace(conf=package().conf)
    return lambda x: x * one.conf.scale, lambda: setattr(one.conf, "scale", 3.0)


@case
def module_by_getattr():
    conf = package().conf
    return lambda x: x * getattr(conf, "sca" + "le"), lambda: setattr(conf, "scale", 3.0)


@case
def module_by_its_dict():
    conf, name = package().conf, ["sca", "le"]
    return lambda x: x * vars(conf)["".join(name)], lambda: setattr(conf, "scale", 3.0)


@case
def module_with_getattr():
    conf = package().conf
    del conf.scale
    exec("values = {'scale': 2.0}\ndef __getattr__(name): return values[name]", vars(conf))
    return lambda x: x * conf.scale, lambda: conf.values.update(scale=3.0)


@case
def module_that_gets_an_attribute():
    conf = package().conf
    del conf.scale
    exec("values = {'scale': 2.0}\ndef __getattr__(name): return values[name]", vars(conf))
    return lambda x: x * conf.scale, lambda: setattr(conf, "scale", 3.0)


@case
def builtin_that_is_hidden():
    space = {"__name__": "a_program"}
    exec("def run(x): return x * max(2.0, 1.0)", space)
    return space["run"], lambda: space.update(max=min)


@case
def function_of_numpy_that_is_replaced():
    pkg = package()
    pkg.add = np.add
    run = in_module("def run(x): return pkg.add(x, x)", pkg=pkg)
    return run, lambda: setattr(pkg, "add", np.multiply)


@case
def module_that_gets_a_name():
    module = types.ModuleType("mytorch_test_growing")

    def run(x):
        try:
            return x * module.scale
        except AttributeError:
            return x * 2

    return run, lambda: setattr(module, "scale", 3.0)


@case
def module_held_that_gets_a_name():
    holder = types.SimpleNamespace(module=types.ModuleType("mytorch_test_growing"))

    def run(x):
        try:
            return x * holder.module.scale
        except AttributeError:
            return x * 2

    return run, lambda: setattr(holder.module, "scale", 3.0)


@case
def module_that_is_asked_for_any_name():
    module = types.ModuleType("mytorch_test_growing")
    return lambda x: x * getattr(module, "sc" + "ale", 2.0), lambda: setattr(module, "scale", 3.0)


@case
def module_that_is_handed_on():
    module = types.ModuleType("mytorch_test_handed")
    module.scale = 2.0

    def scaled(x, conf):
        return x * conf.scale

    return lambda x: scaled(x, module), lambda: setattr(module, "scale", 3.0)
