/** Every entity of the product; each feature lists its own. */
export const entities: (new () => object)[] = [];
