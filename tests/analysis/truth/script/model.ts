/**
 * The model: every sort of declaration.
 *
 * @file
 */
import type { Json, Path as P } from './json';
import { Injectable, type Token } from "@core/di";
import legacy = require('./legacy');
import Inner = Deep.Inner;

export type Id = string | number;
type Handler<T, R = void> = (event: T, ...rest: unknown[]) => R;
/** A point. */
export type Point = {
  readonly x: number;
  y?: number;
  at: { inner: boolean };
  move(by: Point): Point;
} & Named;
type Unpacked<T> = T extends Promise<infer U> ? U : { [K in keyof T]: Handler<K> };

export enum Colour { Red, Green = 'green', Blue = Red << 2 }
declare const enum Bits { One = 1 }

/** A repository. */
export interface Repository<T extends Entity> extends Base<T>, ns.Reader {
  /** How many. */
  readonly size: number;
  find(id: Id): Promise<T | undefined>;
  save?(entity: T): void;
  new (path: P): Repository<T>;
  (key: string): T;
  [key: string]: unknown;
  get live(): boolean;
  on: (event: any) => void;
}

/** Overloads are one function to its readers. */
export function parse(text: string): Json;
export function parse(text: string, strict: boolean): Json;
export function parse(text: string, strict?: boolean): Json {
  return legacy.parse(text, strict) as Json;
}

/** Keeps users. */
@Injectable({ scope: 'app' })
export abstract class Users<T extends User> extends stores.Store<T> implements Repository<T>, Closable {
  static readonly LIMIT = 10;
  private cache: Map<Id, T> = new Map<Id, T>();
  declare readonly kind: Colour.Red;
  protected log?: (line: string) => void;
  onChange = async (user: T): Promise<void> => { await this.save!(user); };

  constructor(private readonly path: P, public name = 'users', plain: number) {
    super(path);
  }

  abstract find(id: Id): Promise<T>;
  /** Saves one. */
  @trace
  @log.timed('save')
  async save(this: Users<T>, user: T): Promise<void> {
    const previous: T | undefined = this.cache.get(user.id);
    if (isUser(previous)) this.cache.set(user.id, <T>previous);
  }
  get live(): boolean { return true; }
  set live(value: boolean) { throw new NotImplemented("not implemented"); }
  static of<A extends User>(...users: A[]): Users<A>;
  private notify<E extends keyof Events>(event: E, payload: Events[E]): asserts payload is Full<E> {}
}

function isUser(value: unknown): value is User {
  return typeof value === 'object' && value !== null && 'id' in value;
}

export namespace Geometry.Plane {
  /** Pi, nearly. */
  export const PI: number = 3;
  const hidden = PI;
  export function area(radius: number): number { return PI * radius ** 2 + hidden; }
  export interface Box { width: number }
}

const lookup: Record<string, Handler<Point>> = { move: (point) => { point.x satisfies number; } };
let pending: Array<any> = [], total!: number;
const assertion = ((value) => value) as Handler<Id>;
export default Users;
export { lookup as table, type Handler };
export = legacy;
