/** What a membership does about replicas whose disk was put back to an older copy. docs/sync.md, "Rollback". */
import type { NamespaceId } from "../data/ids.ts";
import type { Replica } from "../replica/replica.ts";

/** A disk is not put back more often; but a member that has gone bad could say so at every session. */
const MAX_FORMER_IDS = 16;

export class Rollbacks {
  readonly #open: (namespace: NamespaceId) => Promise<Replica>;
  readonly #succeeded: (namespace: NamespaceId) => void;
  /** Several members may tell of the same at once. */
  readonly #underWay = new Set<NamespaceId>();

  constructor(
    open: (namespace: NamespaceId) => Promise<Replica>,
    succeeded: (namespace: NamespaceId) => void,
  ) {
    this.#open = open;
    this.#succeeded = succeeded;
  }

  /** Another device knows of more writes of the replica than it does. Should this fail, the next session asks again. */
  outrun(namespace: NamespaceId): void {
    if (this.#underWay.has(namespace)) return;
    this.#underWay.add(namespace);
    void this.#succeed(namespace)
      .catch(() => {})
      .finally(() => this.#underWay.delete(namespace));
  }

  async #succeed(namespace: NamespaceId): Promise<void> {
    const replica = await this.#open(namespace);
    if ((await replica.formerIds()).length >= MAX_FORMER_IDS) return;
    await replica.succeed();
    this.#succeeded(namespace);
  }
}
