import type { ProvenCommit } from './collect-pack.js';

export interface ReadmeFacts {
  origin: string;
  verifierKey: string;
  size: number;
  newest: ProvenCommit;
}

/** What its line in a note begins with after the name: of the key id, as much as whole letters of base64 hold. */
function lineBegin(verifierKey: string): string {
  const [, id = ''] = verifierKey.split('+');
  return Buffer.from(id, 'hex').toString('base64').slice(0, 5);
}

/** Names of a commit's files: `1-4711`. */
export const fileNameOf = ({ position }: Pick<ProvenCommit, 'position'>): string => position.replace(':', '-');

/** README.txt: how somebody checks a pack who has never heard of Freehold. */
export function packReadme({ origin, verifierKey, size, newest }: ReadmeFacts): string {
  const name = fileNameOf(newest);
  return `Evidence of one deployment
==========================

What is here
  report.html, report.pdf   for reading
  history.jsonl             the deployment's commits, one line each; "body" is base64
  history.proof             that each stands in the log
  checkpoint                what the provider signed: ${size} commits and the root of their tree, with witnesses' signatures
  log.vkey, log.pem         the log's public key that signed, in two forms. DO NOT TRUST THESE TWO: take the key from the
                            provider's contract, or from https://<provider>/.well-known/freehold ("logKey", or one of
                            "logKeyChanges" if it was changed since), and compare
  leaves/<n>.leaf           each commit as it is hashed (without the prefix byte 0)
  proofs/<n>.tlog-proof     its proof, in the form of c2sp.org/tlog-proof

The log is ${origin}. Its key, as the pack has it:
  ${verifierKey}

With Freehold
  freehold audit verify . --key @log.vkey          (once the key was compared)
  With a checkpoint that you kept, or with witnesses: --checkpoint <file>, --witness <key> --quorum <n>.

With openssl and sha256sum
  1. The provider signed the checkpoint ("Signature Verified Successfully"):
       sed '/^$/,$d' checkpoint > text
       grep -F -- '— ${origin} ${lineBegin(verifierKey)}' checkpoint | head -n 1 | cut -d ' ' -f 3 | base64 -d | tail -c 64 > signature
       openssl pkeyutl -verify -pubin -inkey log.pem -rawin -in text -sigfile signature
  2. A commit's leaf, here of ${newest.position}:
       (printf '\\000'; cat leaves/${name}.leaf) | sha256sum
  3. Up the tree: the lines of proofs/${name}.tlog-proof below "index" are hashes in base64, the leaf's sibling first.
     RFC 9162, section 2.1.3.2 says on which side each stands; a node is SHA-256(01, left, right). The last is the root
     in the third line of the checkpoint, in base64.
     The leaf: "freehold-commit/v1", volume and sequence (8 bytes each), time in ns since 1970 (8 bytes), length of the
     subject (4), the subject, length of the body (4), the body; numbers big endian.

With Go (golang.org/x/mod): all of it, in an empty folder
       go mod init check && go get golang.org/x/mod@latest
       go run . <folder of the pack> '<the log's key>'
     with this as main.go:

${GO}`;
}

const GO = `package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func hash(text string) (h tlog.Hash) {
	copy(h[:], must(base64.StdEncoding.DecodeString(text)))
	return h
}

func main() {
	pack, key := os.Args[1], os.Args[2]
	signed := must(os.ReadFile(filepath.Join(pack, "checkpoint")))
	opened := must(note.Open(signed, note.VerifierList(must(note.NewVerifier(key)))))
	head := strings.Split(opened.Text, "\\n")
	size := must(strconv.ParseInt(head[1], 10, 64))
	leaves := must(filepath.Glob(filepath.Join(pack, "leaves", "*.leaf")))
	for _, leaf := range leaves {
		name := strings.TrimSuffix(filepath.Base(leaf), ".leaf")
		text := string(must(os.ReadFile(filepath.Join(pack, "proofs", name+".tlog-proof"))))
		lines := strings.Split(strings.SplitN(text, "\\n\\n", 2)[0], "\\n")
		index := must(strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64))
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			proof = append(proof, hash(line))
		}
		record := tlog.RecordHash(must(os.ReadFile(leaf)))
		if err := tlog.CheckRecord(proof, size, hash(head[2]), index, record); err != nil {
			log.Fatal(name, ": ", err)
		}
	}
	fmt.Println(len(leaves), "commits stand in", head[0], "of", size, "commits, signed by", opened.Sigs[0].Name)
}
`;
