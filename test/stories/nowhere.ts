/** A storage account on port 9 (discard), where nothing listens on any machine of this century. */
export const NOWHERE = [
  "DefaultEndpointsProtocol=http;AccountName=nowhere;AccountKey=bm93aGVyZQ==",
  ...["Blob", "Queue", "Table"].map((kind) => `${kind}Endpoint=http://127.0.0.1:9/nowhere`),
].join(";");
