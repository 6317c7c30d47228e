/** The original's formats: of any value. */
const valueFormats = ['json', 'toml', 'yaml'] as const

/** Ours: of records, each in a line or row of its own. */
export const recordFormats = ['table', 'csv', 'jsonl', 'name', 'id'] as const

export const formats = [...valueFormats, ...recordFormats] as const

/** How a result is printed. */
export type Format = (typeof formats)[number]

/** Where a configuration says how results are printed in a terminal. The original knows no such key. */
export const terminalFormat = { section: 'ims', key: 'terminal_format' } as const

/** Whether a format is one of records. */
export const isRecordFormat = (format: Format): boolean => (recordFormats as readonly Format[]).includes(format)
