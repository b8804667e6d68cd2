// A client's `traceparent` (W3C Trace Context, 3.2): version, trace id, parent id and flags in hexadecimal digits. What is
// none is left out, as the recommendation asks, not refused.

/** Version ff is forbidden; a later version may have more fields, of which this one knows nothing. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The header when it is a valid one; '' otherwise. */
export function traceParent(header: string | undefined): string {
  return header !== undefined && TRACE_PARENT.test(header) ? header : '';
}

/** The id of the whole trace, 32 digits; '' without one. */
export function traceId(parent: string): string {
  return parent.split('-')[1] ?? '';
}
