// Names that are words of the language.
const nothing = null, call = (x) => x;
export { nothing as null, call as function };
export function after() { return nothing; }
