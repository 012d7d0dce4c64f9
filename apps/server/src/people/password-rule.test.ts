import { expect, it } from "vitest";
import { checkPassword } from "./password-rule.ts";

it.each([
  ["is short", "x7#kQ2!mZp9&vL"],
  ["is one character again and again", "aaaaaaaaaaaaaaaaaaaa"],
  ["is one word again and again", "horsehorsehorsehorse"],
  ["is the commonest of all, drawn out", "password123456789"],
  ["is the commonest in disguise", "P@ssw0rd!P@ssw0rd!"],
  ["is two common words with a year", "AdminPassword2026"],
  ["is a run of the keyboard", "qwertyuiopasdfghjkl"],
  ["is a run of the keyboard, downwards", "1qaz2wsx3edc4rfv5tgb"],
  ["is the alphabet", "abcdefghijklmnopqrstuvwxyz"],
  ["is digits backwards", "98765432109876543210"],
  ["is the login and digits", "ann.example-123456789"],
  ["is a common wish", "letmeinletmein12345"],
])("refuses a password that %s", (_, password) => {
  expect(() => checkPassword(password, "ann.example")).toThrow(
    expect.objectContaining({ code: "PASSWORD_REFUSED" }),
  );
});

it.each([
  ["four words", "correct horse battery staple"],
  ["fifteen random characters", "v9#Lq2!xZp7&wTe"],
  ["a sentence in another language", "Der Hund schläft unter dem Tisch"],
  ["words and the name of the product", "pratique-walnut-ferry-ochre"],
])("takes %s", (_, password) => {
  expect(() => checkPassword(password, "ann.example")).not.toThrow();
});
