interface ImportMeta {
  /** It runs in the executable, on a Bun that was made for it; known when the program is bundled. */
  readonly isExecutable?: boolean
}
