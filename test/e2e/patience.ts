import process from "node:process";

/** How many times as long as on an ordinary machine things may take: `PRATIQUE_TEST_PATIENCE=10` where it is emulated. */
export const patience = Number(process.env.PRATIQUE_TEST_PATIENCE ?? 1);
