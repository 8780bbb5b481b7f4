#!/bin/sh
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Stands for a compiler with a wrong gradient of `cumsum`.
if [ "$1" = check ] && grep -q cumsum "$2"; then
  echo "wrong gradient"
  exit 3
fi
echo "fn f() {}"
