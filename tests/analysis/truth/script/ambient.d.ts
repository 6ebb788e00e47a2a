// Type definitions of a library.
/// <reference types="node" />

declare module "library/core" {
  import { Stream } from "stream";
  export function open(path: string): Stream;
  export default function connect(port: number): void;
  export class Client<T = any> {
    constructor(port: number);
    readonly port: number;
    send(data: T): boolean;
    static create(): Client;
  }
  export const VERSION: string;
}

declare global {
  interface Window { library: typeof import("library/core"); }
  var debug: boolean;
}

/** Ready. */
export declare function ready(callback: () => void): void;
declare let state: "on" | "off";
export declare abstract class Shape { abstract area(): number; }
declare namespace NodeJS { interface Process { extra: string } }
declare module "*.css";
