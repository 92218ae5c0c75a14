#!/bin/sh
# Runs the local autograders (write-up, section 0.3). Each line ends in a comment, which takes up
# the line ending of Windows: `sh grade.sh 1` works with either.
CDPATH= cd -- "$(dirname -- "$0")" || exit #
python=python3 #
[ -x .venv/bin/python ] && python=.venv/bin/python #
usage="usage: ./grade.sh 1            problems 1.1 to 2.6: up to 100 points" #
watch="       ./grade.sh 1 --watch    the same; tests that fail can be stepped through in grade.watch.html" #
mnist="       ./grade.sh m            problem 3, MNIST: trains, and draws validation_accuracy.png" #
status=2 #
case "$*" in 1) set -- runner.py ;; "1 --watch") set -- runner.py --watch ;; m) set -- test_mnist.py ;; #
  *) case "$*" in -h|--help) status=0 ;; esac; printf '%s\n' "$usage" "$watch" "$mnist"; exit "$status" ;; esac #
# On networks this small a second thread only gets in the way.
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" #
script="autograder/hw1_autograder/$1" #
shift #
exec "$python" "$script" "$@" #
