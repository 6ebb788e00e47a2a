// Comments, strings, numbers and keywords of a line in colour: enough to read by, no parser.
import { h } from "./dom.js";

const words = (text) => new Set(text.split(" "));
const c = words("alignas auto bool break case catch char class concept const consteval constexpr constinit continue co_await co_return co_yield decltype default delete do double else enum explicit export extern false final float for friend goto if inline int long mutable namespace new noexcept nullptr operator override private protected public register requires return short signed sizeof static static_assert static_cast struct switch template this throw true try typedef typename union unsigned using virtual void volatile while");
const slashes = { line: "//", block: ["/*", "*/"], quotes: "\"'" };
const languages = {
  c: { ...slashes, keywords: c },
  cpp: { ...slashes, keywords: c },
  java: { ...slashes, keywords: words("abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for if implements import instanceof int interface long native new null package private protected public record return sealed short static super switch synchronized this throw throws transient true try var void volatile while yield") },
  javascript: { ...slashes, quotes: "\"'`", keywords: words("async await break case catch class const continue default delete do else export extends false finally for from function get if import in instanceof let new null of return set static super switch this throw true try typeof undefined var void while yield") },
  go: { ...slashes, quotes: "\"'`", keywords: words("break case chan const continue default defer else fallthrough false for func go goto if import interface map nil package range return select struct switch true type var") },
  rust: { ...slashes, quotes: "\"", keywords: words("as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while") },
  python: { line: "#", quotes: "\"'", triple: true, keywords: words("False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield self") },
  bash: { line: "#", quotes: "\"'", keywords: words("case do done elif else esac exit export fi for function if in local return set shift then until while") },
};
languages.typescript = { ...languages.javascript, keywords: new Set([...languages.javascript.keywords, ...words("abstract any as boolean declare enum implements interface keyof namespace never number private protected public readonly string type unknown")]) };
languages.tsx = languages.typescript;

const piece = (name, text) => h("span", { class: `hl-${name}` }, text);
const longest = 2000;

// Returns a function that is given the lines in order and gives nodes for each; what spans lines is remembered.
export function highlighter(language) {
  const rules = languages[language];
  let open = null;  // what ends the comment or string that goes on over the line's end, and its class

  function until(text, at, from, end, name, out) {
    const found = text.indexOf(end, from);
    const stop = found < 0 ? text.length : found + end.length;
    out.push(piece(name, text.slice(at, stop)));
    open = found < 0 ? { end, name } : null;
    return stop;
  }

  function string(text, at, out) {
    const quote = text[at];
    if (rules.triple && text.startsWith(quote.repeat(3), at)) return until(text, at, at + 3, quote.repeat(3), "string", out);
    let stop = at + 1;
    while (stop < text.length && text[stop] !== quote) stop += text[stop] === "\\" ? 2 : 1;
    if (stop >= text.length && quote === "`") open = { end: "`", name: "string" };
    stop = Math.min(stop + 1, text.length);
    out.push(piece("string", text.slice(at, stop)));
    return stop;
  }

  function word(text, at, out) {
    const [match] = /^[\p{L}\p{N}_$]+/u.exec(text.slice(at, at + 200)) || [""];
    if (!match) return at;
    if (rules.keywords.has(match)) out.push(piece("keyword", match));
    else if (/^\d/.test(match)) out.push(piece("number", match));
    else out.push(match);
    return at + match.length;
  }

  return (text) => {
    if (!rules || text.length > longest) return [text];
    const out = [];
    let at = open ? until(text, 0, 0, open.end, open.name, out) : 0;
    while (at < text.length) {
      const isComment = text.startsWith(rules.line, at) && (rules.line !== "#" || at === 0 || /\s/.test(text[at - 1]));
      if (isComment) {
        out.push(piece("comment", text.slice(at)));
        break;
      }
      const next = rules.block && text.startsWith(rules.block[0], at) ? until(text, at, at + 2, rules.block[1], "comment", out)
        : rules.quotes.includes(text[at]) ? string(text, at, out) : word(text, at, out);
      if (next === at) out.push(text[at]);
      at = next === at ? at + 1 : next;
    }
    return out;
  };
}
