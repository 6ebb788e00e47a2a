#!/usr/bin/env node
/**
 * Shapes and what can be done with them.
 * @module shapes
 */
import fs, { readFile as read, writeFile } from 'node:fs';
import * as path from "node:path";
import './side-effect.mjs';
export { area as areaOf } from './area.mjs';
export * from './more.mjs';
export * as extra from './extra.mjs';

/** How many corners a square has. */
export const CORNERS = 4;
let count = 0, last;
var { width, sizes: [first, ...others], depth: { z = CORNERS } } = read('config');

/**
 * A shape on the plane.
 */
export class Shape extends Base {
  static unit = 1;
  static MAX_SIDE = 100;
  #secret = fs.readFileSync;
  handler = (event) => { this.#secret(event); };

  /** Makes one. */
  constructor(name, { colour = 'red', ...rest } = {}) {
    super(name);
    this.name = name;
    this.colour = colour || rest.colour;
  }

  get size() { return this.#secret.length; }
  set size(value) { this.resize(value); }
  static async load(file) { return new Shape(await read(path.join(root, file))); }
  *[Symbol.iterator]() { yield* this.points; }
  async *stream() { for await (const part of this.parts()) yield part; }
  static { register(Shape); }
}

// No doc comment: only blocks with two stars document.
export function scale(shape, factor) {
  const grow = (side) => side * factor;
  function shrink(side) { return grow(1 / side); }
  let result = shape.sides.map(side => grow(side) + shrink(side) + count);
  return result;
}

export const twice = async (shape) => scale(shape, 2);
export const half = function halve(shape) { return scale(shape, 0.5); };

export const registry = {
  shapes: [],
  add(shape) { this.shapes.push(shape); },
  /** Forgets all. */
  clear: function () { this.shapes = []; },
  nested: { find: (name) => registry.shapes.find((shape) => shape.name === name), 'odd-name'() {} },
  get size() { return this.shapes.length; },
  scale,
};

for (const [key, value] of Object.entries(registry)) {
  console.log(key, value, last);
}

try {
  const early = await import('./early.mjs');
  early.start();
} catch {
}

const Circle = class extends Shape { radius() { return width; } };

setTimeout(function tick() { count++; tick(); }, first, ...others, z);

export default function (shape) {
  throw new Error('not implemented');
}
