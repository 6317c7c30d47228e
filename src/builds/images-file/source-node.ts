import type { NumberText } from '../../json/value.ts'

/** A value of a file, and where it stands. */
export interface SourceNode {
  /** From 1. */
  readonly line: number
  readonly value: Scalar | SourceNode[] | SourceMapping
}

/** Numbers, and dates of TOML, are as they are written. */
export type Scalar = string | boolean | null | NumberText | { readonly date: string }

/** By key, with the line of the key. */
export type SourceMapping = Map<string, { line: number; value: SourceNode }>

/** What a reader of a format tells of its file. */
export interface Reading {
  /** Counts a value; the reading ends where there are too many, or too many in each other. */
  count(line: number, depth: number): void
  deep(line: number, depth: number): void
  /** A mistake that the reading goes on after. */
  found(line: number, why: string): void
  /** A mistake that ends the reading. */
  fail(line: number, why: string): never
}
