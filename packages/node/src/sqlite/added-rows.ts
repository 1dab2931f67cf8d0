/**
 * Rows that a transaction has added and not written yet. The changes of a group are small, and a call into SQLite costs
 * as much as a row: rows of several changes are written by one statement. What is wrong with one of them then shows
 * only later, so after a failure the group runs again with each row written at once.
 */
import type { Database, Statement } from "./driver.ts";
import { BULK, INSERT, repeated, VALUES, type InsertFields } from "./version-rows.ts";

export class AddedRows {
  /** Write each row at once, so that a failure belongs to the change being applied. */
  isCareful = false;
  readonly #one: Statement<InsertFields>;
  readonly #many: Statement<[unknown[]]>;
  #rows: InsertFields[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(database: Database) {
    this.#one = database.prepare(`${INSERT} ${VALUES}`);
    this.#many = database.prepare(`${INSERT} ${repeated(VALUES)}`);
  }

  add(fields: InsertFields): void {
    if (this.isCareful) {
      this.#one.run(...fields);
      return;
    }
    this.#rows.push(fields);
    if (this.#rows.length === BULK) this.write();
  }

  /** Before a key is read or a row of it removed: what was added to it must be there. */
  writeBefore(key: string): void {
    if (this.#rows.some((fields) => fields[1] === key)) this.write();
  }

  /** Throws for good once it has: what failed may belong to another change than the one that is told. */
  write(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    try {
      if (rows.length === BULK) this.#many.run(rows.flat());
      else for (const fields of rows) this.#one.run(...fields);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#rows = [];
    this.#failure = undefined;
  }
}
