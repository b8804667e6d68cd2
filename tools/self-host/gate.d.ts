export declare const CLIENT_REQUESTS: number;
export declare const ALL_REQUESTS: number;
export declare class Gate {
  pass(request: Request, ask: () => Promise<Response>): Promise<Response>;
}
