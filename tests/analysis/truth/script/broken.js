// Broken in the middle, with definitions around it.
import { a } from './a';

function before(x) {
  return a(x);
}

class Half {
  fine() { return before(1); }
  broken( { return ;
  after() { return this.fine(); }
}

const obj = { key: , other() { return 1; } };

function unclosed(value) {
  if (value) {
    inner(value);

export const last = () => before(2);
