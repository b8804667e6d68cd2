// The part of jsfive that the reader uses. It throws texts and errors of several kinds.
declare module 'jsfive' {
  interface DataObjects {
    /** Address of the object's header. */
    offset: number;
    find_msg_type(type: number): Map<string, number>[];
  }
  export class Group {
    keys: string[];
    attrs: Record<string, unknown>;
    _dataobjects: DataObjects;
    get(name: string): Group | Dataset | null;
  }
  export class Dataset {
    shape: number[];
    dtype: unknown;
    _dataobjects: DataObjects;
  }
  export class File extends Group {
    constructor(bytes: ArrayBuffer, name: string);
  }
}
