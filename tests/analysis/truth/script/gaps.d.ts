// Functions without name or body.
/** Makes one. */
export default function (): { size: number };
export declare function named(a: string): void;
