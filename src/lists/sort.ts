/** The order of a list: one member, ties by id. */
export interface Sort {
  member: string;
  descending: boolean;
}

export const BY_ID: Sort = { member: 'id', descending: false };
