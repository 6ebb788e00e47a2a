#!/bin/sh
# Windows line ends.

# Says hello.
hello() {
  echo hello
}
hello
