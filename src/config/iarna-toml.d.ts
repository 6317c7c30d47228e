declare module '@iarna/toml/parse-string.js' {
  /** Reads TOML. Its errors have a `line`, from 0. */
  export default function parse(text: string): Record<string, unknown>
}
