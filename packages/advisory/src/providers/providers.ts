import { alpineSecdb } from "./alpine-secdb/alpine-secdb.ts";
import { alpineTracker } from "./alpine-tracker/alpine-tracker.ts";
import { amazonAlas } from "./amazon-alas/amazon-alas.ts";
import { archSecurity } from "./arch-security/arch-security.ts";
import { azureLinux } from "./azure-linux/azure-linux.ts";
import { chainguardSecdb } from "./chainguard-secdb/chainguard-secdb.ts";
import { debianDsaDla } from "./debian-dsa-dla/debian-dsa-dla.ts";
import { debianTracker } from "./debian-tracker/debian-tracker.ts";
import { fedora } from "./fedora/fedora.ts";
import { nvd } from "./nvd/nvd.ts";
import { oracleOval } from "./oracle-oval/oracle-oval.ts";
import { osv } from "./osv/osv.ts";
import { photon } from "./photon/photon.ts";
import { phpSecurityAdvisories } from "./php-security-advisories/php-security-advisories.ts";
import { redhatCsaf } from "./redhat-csaf/redhat-csaf.ts";
import { rubyAdvisoryDb } from "./ruby-advisory-db/ruby-advisory-db.ts";
import { rustsec } from "./rustsec/rustsec.ts";
import type { Provider } from "./source-reader.ts";
import { suseOval } from "./suse-oval/suse-oval.ts";
import { ubuntuOsv } from "./ubuntu-osv/ubuntu-osv.ts";
import { ubuntuTracker } from "./ubuntu-tracker/ubuntu-tracker.ts";
import { wolfiSecdb } from "./wolfi-secdb/wolfi-secdb.ts";

// Sorted by name. A test fails when a folder beside this file is missing here.
export const providers: readonly Provider[] = [
  alpineSecdb,
  alpineTracker,
  amazonAlas,
  archSecurity,
  azureLinux,
  chainguardSecdb,
  debianDsaDla,
  debianTracker,
  fedora,
  nvd,
  oracleOval,
  osv,
  photon,
  phpSecurityAdvisories,
  redhatCsaf,
  rubyAdvisoryDb,
  rustsec,
  suseOval,
  ubuntuOsv,
  ubuntuTracker,
  wolfiSecdb,
];
