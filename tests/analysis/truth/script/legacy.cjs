'use strict';
// Before classes and modules: prototypes and exports.

const fs = require('fs');
const { join, resolve: absolute } = require('path');
var helper = require('./helper').helper;

/**
 * A store.
 * @constructor
 */
function Store(dir) {
  this.dir = absolute(dir);
  this.close = function () { fs.closeSync(this.fd); };
}

/** Reads one entry. */
Store.prototype.get = function (key, callback) {
  var self = this;
  fs.readFile(join(self.dir, key), function (error, data) {
    if (error) return callback(error);
    callback(null, helper(data));
  });
};

Store.prototype['put'] = function put(key) { return key && this.get(key); };
Store.open = (dir) => new Store(dir);
Missing.prototype.lost = function () {};

function Cache() {}
Cache.prototype = {
  hit: function (key) { return key in this; },
  miss(key) { return !this.hit(key); },
};

exports.Store = Store;
exports.create = function (dir) {
  try {
    return new Store(dir);
  } catch (error) {
    // an empty store will do
  }
};
module.exports.destroy = function destroy(store) {
  // TODO: remove the files
};
module.exports = function main(argv, env, cwd, stdin, stdout, stderr, clock, exit) {
  switch (argv[0]) {
    case 'a': return lazy();
    case 'b':
      try { stdin.read(); } catch (error) {}
      break;
    default: return env ?? cwd;
  }
  function lazy() { return require('./lazy')(stdout, stderr, clock, exit); }
};

(function (root, factory) {
  var inner = 1;
  root.widget = factory(inner);
  window.onload = function () { root.widget.show(); };
})(this, function () { return {}; });
