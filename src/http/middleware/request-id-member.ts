// The one part of a JSON answer that differs from request to request, taken out and put back. Only the whole member
// is touched: the id may be any word that the client chose, and inside a JSON string its quotes would be escaped.

const NO_ID = '"request_id":""';

function member(id: string): string {
  return `"request_id":${JSON.stringify(id)}`;
}

export function withoutRequestId(text: string, id: string): string {
  return text.replaceAll(member(id), NO_ID);
}

export function withRequestId(text: string, id: string): string {
  return text.replaceAll(NO_ID, member(id));
}
