#!/bin/sh
# Runs the local autograders (write-up, section 0.3). Each line ends in a comment, which takes up
# the line ending of Windows: `sh grade.sh 1` works with either.
CDPATH= cd -- "$(dirname -- "$0")" || exit #
python=python3 #
[ -x .venv/bin/python ] && python=.venv/bin/python #
usage="usage: ./grade.sh 1    problems 1.1 to 2.6: up to 100 points" #
more="       ./grade.sh m    problem 3, MNIST: trains, and draws validation_accuracy.png" #
case "$#:$1" in 1:1) script=runner ;; 1:m) script=test_mnist ;; *) echo "$usage"; echo "$more"; exit 2 ;; esac #
# On networks this small a second thread only gets in the way.
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" #
exec "$python" "autograder/hw1_autograder/$script.py" #
