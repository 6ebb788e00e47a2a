# A broken script.

before() {
  echo "$1"
}

open_one() {
  if true; then
    before "x"

function open_two {
  before y
  for x in 1 2; do
    before "$x"

after() { before z; }

lost=`echo "$(echo '`
# Its functions stand in a string for the parser.
in_string()
{
  echo "a
b"
}
