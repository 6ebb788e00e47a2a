// What the grammar does not know: none of it is an error.
export interface Box<in T, out U extends object = object, in out V = T> { value: T }
export interface Commented<
  /** @ts-ignore */ out Shape extends object = object,
> { shape: Shape }
export type Method<T> = {
  <F extends Handler = Handler<T>>(handler: F): T
  <P = T>(handler: P): T
  (plain: string): T
}
export declare const method: Method<string>;
const last = 1;
