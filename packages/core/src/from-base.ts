/** Whether the base image brought something; `unknown` where nobody has shown which of the layers are the base's. */
export type FromBase = boolean | "unknown";
