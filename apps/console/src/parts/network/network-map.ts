import type { ReplyOf, showNetworkMap } from "@pratique/api";

export type NetworkMap = ReplyOf<typeof showNetworkMap>;
export type NetworkNode = NetworkMap["nodes"][number];

export interface NetworkGraphProps {
  readonly nodes: NetworkMap["nodes"];
  readonly edges: NetworkMap["edges"];
  readonly onChoose: (node: NetworkNode) => void;
}
