/**
 * @param {readonly number[]} figures
 * @param {number} part 0 for the least, 1 for the most.
 */
const quantile = (figures, part) => figures.toSorted((a, b) => a - b)[Math.floor(part * (figures.length - 1))]

/** @param {readonly number[]} figures */
export const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]

/**
 * How many times more the one is than the other: the median of the pairs, which a machine that changes its pace leaves alone.
 *
 * @param {readonly number[]} one
 * @param {readonly number[]} other of the same rounds.
 */
export const ratio = (one, other) => median(one.map((figure, round) => figure / other[round]))

/**
 * How far figures that should be alike are apart, in parts of their median, without the tenth at either end.
 *
 * @param {readonly number[]} figures
 */
export const spread = (figures) => (quantile(figures, 0.9) - quantile(figures, 0.1)) / median(figures)
