// Broken: an interface without end, and what stands around it.
export function fine(x: number): number { return x; }

export class Box<T> {
  value: T;
  get(): T { return this.value }
  set(value: T { this.value = value; }
  size(): number { return fine(1); }
}

interface Open {
  name: string;
  call(): void;

export const later = (x: string) => fine(x.length);
