/** What one row may take: columns and what each costs, at least one of them or none. */
export interface Row {
  readonly columns: Int32Array;
  readonly costs: Float64Array;
}

/** So often a row may push another one out before paths are searched; beyond, rows of nearly equal wishes would push each other in turns. */
const PUSHES_MAX = 64;

/**
 * Gives each row at most one column and each column at most one row. Rows are inserted in their order: once it has a column a row keeps
 * one, though it may be given another to make room. So no row is placed at the cost of an earlier one, as many are placed as in that order
 * can be, and no other way of placing the same rows costs less in sum. Equal costs: the column named first, unless that is taken.
 *
 * Jonker and Volgenant (1987), row by row: a row takes its cheapest column and pushes out who had it, at a price that leaves neither better
 * off (augmenting row reduction); where that does not come to an end, a shortest augmenting path does (Dijkstra on reduced costs).
 * Measured: docs/performance.md, "Routing".
 * @param columnCount columns are numbered from 0 to below it
 * @returns for each row its column, −1 = none
 */
export function assignInOrder(rows: readonly Row[], columnCount: number): Int32Array {
  return new Assignment(rows, columnCount).solve();
}

class Assignment {
  readonly #columnOf: Int32Array;
  readonly #rowOf: Int32Array;
  /** Potentials: cost − row's − column's is never below 0, and 0 where a row has the column; free columns have 0. */
  readonly #ofRow: Float64Array;
  readonly #ofColumn: Float64Array;
  readonly #distance: Float64Array;
  readonly #reachedFrom: Int32Array;
  /** The search in which a column was last seen, and whether it is settled: two numbers a search, so nothing has to be cleared. */
  readonly #seen: Int32Array;
  #searches = 0;
  readonly #touched: Int32Array;
  readonly #settledRows: Int32Array;
  readonly #settledAt: Float64Array;
  /** Columns that no further row can get: all rows that could give one of them away want nothing but them. */
  readonly #dead: Uint8Array;
  /** What pushing has changed, so that it can be undone: column, its row and potential before, and the row that took it, with its potential. */
  readonly #pushes: { column: number; rowBefore: number; ofColumn: number; row: number; ofRow: number }[] = [];

  constructor(
    private readonly rows: readonly Row[],
    columnCount: number,
  ) {
    this.#columnOf = new Int32Array(rows.length).fill(-1);
    this.#rowOf = new Int32Array(columnCount).fill(-1);
    this.#ofRow = new Float64Array(rows.length);
    this.#ofColumn = new Float64Array(columnCount);
    this.#distance = new Float64Array(columnCount);
    this.#reachedFrom = new Int32Array(columnCount);
    this.#seen = new Int32Array(columnCount).fill(-1);
    this.#touched = new Int32Array(columnCount);
    this.#settledRows = new Int32Array(rows.length + 1);
    this.#settledAt = new Float64Array(rows.length + 1);
    this.#dead = new Uint8Array(columnCount);
  }

  solve(): Int32Array {
    for (let row = 0; row < this.rows.length; row += 1) {
      if (this.#isHopeless(row)) continue;
      const left = this.#push(row);
      if (left < 0 || this.#augment(left)) continue;
      // Nobody can make room for the one pushed out last: as it was, and the new one has none.
      this.#undoPushes();
      if (left !== row) this.#augment(row);
    }
    return this.#columnOf;
  }

  #isHopeless(row: number): boolean {
    const { columns } = this.rows[row]!;
    for (let nth = 0; nth < columns.length; nth += 1) if (this.#dead[columns[nth]!] === 0) return false;
    return true;
  }

  /** @returns the row that is left without a column; −1 = none */
  #push(inserted: number): number {
    this.#pushes.length = 0;
    let row = inserted;
    for (let pushes = 0; pushes < PUSHES_MAX; pushes += 1) {
      const { columns, costs } = this.rows[row]!;
      let first = -1;
      let second = -1;
      let least = Infinity;
      let next = Infinity;
      for (let nth = 0; nth < columns.length; nth += 1) {
        const column = columns[nth]!;
        const cost = costs[nth]! - this.#ofColumn[column]!;
        if (cost >= next) continue;
        if (cost < least) {
          second = first;
          next = least;
          first = column;
          least = cost;
        } else {
          second = column;
          next = cost;
        }
      }
      if (second < 0) return row;
      const isTie = least === next;
      if (isTie && this.#rowOf[first]! >= 0) {
        if (this.#rowOf[second]! >= 0) return row;
        first = second;
      }
      const rowBefore = this.#rowOf[first]!;
      this.#pushes.push({ column: first, rowBefore, ofColumn: this.#ofColumn[first]!, row, ofRow: this.#ofRow[row]! });
      this.#ofRow[row] = next;
      this.#ofColumn[first]! -= next - least;
      this.#rowOf[first] = row;
      this.#columnOf[row] = first;
      if (rowBefore < 0) return -1;
      this.#columnOf[rowBefore] = -1;
      row = rowBefore;
    }
    return row;
  }

  #undoPushes(): void {
    for (let push = this.#pushes.pop(); push; push = this.#pushes.pop()) {
      this.#columnOf[push.row] = -1;
      this.#ofRow[push.row] = push.ofRow;
      this.#rowOf[push.column] = push.rowBefore;
      this.#ofColumn[push.column] = push.ofColumn;
      if (push.rowBefore >= 0) this.#columnOf[push.rowBefore] = push.column;
    }
  }

  /** Gives a row a column along a shortest path; false = there is none, and nothing has changed. */
  #augment(start: number): boolean {
    const open = 2 * this.#searches;
    const settled = open + 1;
    this.#searches += 1;
    let touchedCount = 0;
    let settledCount = 0;
    let row = start;
    let length = 0;
    let free = -1;
    // Of the nearest free column seen: nothing farther is on a shortest path.
    let bound = Infinity;
    for (;;) {
      this.#settledRows[settledCount] = row;
      this.#settledAt[settledCount] = length;
      settledCount += 1;
      const { columns, costs } = this.rows[row]!;
      const offset = length - this.#ofRow[row]!;
      for (let nth = 0; nth < columns.length; nth += 1) {
        const column = columns[nth]!;
        if (this.#seen[column] === settled) continue;
        const candidate = offset + costs[nth]! - this.#ofColumn[column]!;
        if (candidate >= bound) continue;
        if (this.#rowOf[column]! < 0) bound = candidate;
        if (this.#seen[column] !== open) {
          this.#seen[column] = open;
          this.#touched[touchedCount] = column;
          touchedCount += 1;
        } else if (candidate >= this.#distance[column]!) continue;
        this.#distance[column] = candidate;
        this.#reachedFrom[column] = row;
      }
      let nearest = -1;
      for (let nth = 0; nth < touchedCount; nth += 1) {
        const column = this.#touched[nth]!;
        if (this.#seen[column] === open && (nearest < 0 || this.#distance[column]! < this.#distance[nearest]!)) nearest = column;
      }
      if (nearest < 0) break;
      this.#seen[nearest] = settled;
      length = this.#distance[nearest]!;
      if (this.#rowOf[nearest]! < 0) {
        free = nearest;
        break;
      }
      row = this.#rowOf[nearest]!;
    }
    if (free < 0) {
      for (let nth = 0; nth < touchedCount; nth += 1) this.#dead[this.#touched[nth]!] = 1;
      return false;
    }
    for (let nth = 0; nth < settledCount; nth += 1) this.#ofRow[this.#settledRows[nth]!]! += length - this.#settledAt[nth]!;
    for (let nth = 0; nth < touchedCount; nth += 1) {
      const column = this.#touched[nth]!;
      if (this.#seen[column] === settled) this.#ofColumn[column]! += this.#distance[column]! - length;
    }
    for (let column = free; column >= 0;) {
      const from = this.#reachedFrom[column]!;
      const before = this.#columnOf[from]!;
      this.#rowOf[column] = from;
      this.#columnOf[from] = column;
      column = before;
    }
    return true;
  }
}
