/** What one row may take: columns and what each costs, at least one of them or none. */
export interface Row {
  readonly columns: Int32Array;
  readonly costs: Float64Array;
}

/**
 * Gives each row at most one column and each column at most one row. Rows are inserted in their order, each along a shortest augmenting
 * path (Jonker and Volgenant 1987, row by row; potentials keep it Dijkstra's): once it has a column a row keeps one, though it may be
 * given another to make room. So no row is placed at the cost of an earlier one, as many are placed as in that order can be, and no other
 * way of placing the same rows costs less in sum. Equal costs: the column named first.
 *
 * Measured (Node 24, one core of a busy two-core machine): docs/performance.md, "Routing".
 * @param columnCount columns are numbered from 0 to below it
 * @returns for each row its column, −1 = none
 */
export function assignInOrder(rows: readonly Row[], columnCount: number): Int32Array {
  const columnOf = new Int32Array(rows.length).fill(-1);
  const rowOf = new Int32Array(columnCount).fill(-1);
  const rowPotential = new Float64Array(rows.length);
  const columnPotential = new Float64Array(columnCount);
  const distance = new Float64Array(columnCount);
  const reachedFrom = new Int32Array(columnCount);
  /** The insertion in which a column was last seen, and whether it is settled: two numbers a row, so nothing has to be cleared. */
  const seen = new Int32Array(columnCount).fill(-1);
  const touched = new Int32Array(columnCount);
  const settledRows = new Int32Array(rows.length + 1);
  const settledAt = new Float64Array(rows.length + 1);

  for (let inserted = 0; inserted < rows.length; inserted += 1) {
    const open = 2 * inserted;
    const settled = open + 1;
    let touchedCount = 0;
    let settledCount = 0;
    let row = inserted;
    let length = 0;
    let free = -1;
    for (;;) {
      settledRows[settledCount] = row;
      settledAt[settledCount] = length;
      settledCount += 1;
      const { columns, costs } = rows[row]!;
      const offset = length - rowPotential[row]!;
      for (let nth = 0; nth < columns.length; nth += 1) {
        const column = columns[nth]!;
        if (seen[column] === settled) continue;
        const candidate = offset + costs[nth]! - columnPotential[column]!;
        if (seen[column] !== open) {
          seen[column] = open;
          touched[touchedCount] = column;
          touchedCount += 1;
        } else if (candidate >= distance[column]!) continue;
        distance[column] = candidate;
        reachedFrom[column] = row;
      }
      let nearest = -1;
      for (let nth = 0; nth < touchedCount; nth += 1) {
        const column = touched[nth]!;
        if (seen[column] === open && (nearest < 0 || distance[column]! < distance[nearest]!)) nearest = column;
      }
      if (nearest < 0) break;
      seen[nearest] = settled;
      length = distance[nearest]!;
      if (rowOf[nearest]! < 0) {
        free = nearest;
        break;
      }
      row = rowOf[nearest]!;
    }
    if (free < 0) continue;
    for (let nth = 0; nth < settledCount; nth += 1) rowPotential[settledRows[nth]!]! += length - settledAt[nth]!;
    for (let nth = 0; nth < touchedCount; nth += 1) {
      const column = touched[nth]!;
      if (seen[column] === settled) columnPotential[column]! += distance[column]! - length;
    }
    for (let column = free; column >= 0;) {
      const from = reachedFrom[column]!;
      const before = columnOf[from]!;
      rowOf[column] = from;
      columnOf[from] = column;
      column = before;
    }
  }
  return columnOf;
}
