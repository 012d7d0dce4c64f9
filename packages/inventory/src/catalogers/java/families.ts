/** Artifacts of one group that are published without Maven's descriptor, and how to be sure that an archive is one. */
interface Family {
  readonly group: string;
  readonly artifacts: RegExp;
  /** Where one of its classes lies. */
  readonly classes: string;
  /** The versions that were published in this group, where that changed. */
  readonly versions?: RegExp;
}

/**
 * Sorted by group. Listed are those of which there are advisories and which are built by Gradle, Ant or sbt; whatever
 * Maven builds says itself what it is.
 */
const families: readonly Family[] = [
  {
    group: "com.google.protobuf",
    artifacts: /^protobuf-(?:java|javalite|kotlin)$/u,
    classes: "com/google/protobuf/",
  },
  { group: "com.h2database", artifacts: /^h2$/u, classes: "org/h2/" },
  { group: "com.mysql", artifacts: /^mysql-connector-j$/u, classes: "com/mysql/" },
  { group: "com.squareup.okhttp3", artifacts: /^okhttp(?:-[a-z-]+)?$/u, classes: "okhttp3/" },
  { group: "com.squareup.okio", artifacts: /^okio(?:-jvm)?$/u, classes: "okio/" },
  { group: "com.typesafe.akka", artifacts: /^akka-[a-z0-9-]+_2\.1[0-9]$/u, classes: "akka/" },
  { group: "dom4j", artifacts: /^dom4j$/u, classes: "org/dom4j/", versions: /^1\./u },
  { group: "io.grpc", artifacts: /^grpc-[a-z-]+$/u, classes: "io/grpc/" },
  { group: "io.projectreactor.netty", artifacts: /^reactor-netty(?:-[a-z]+)?$/u, classes: "reactor/netty/" },
  { group: "mysql", artifacts: /^mysql-connector-java$/u, classes: "com/mysql/" },
  { group: "org.apache.ant", artifacts: /^ant$/u, classes: "org/apache/tools/ant/" },
  {
    group: "org.apache.groovy",
    artifacts: /^groovy(?:-[a-z0-9]+)?$/u,
    classes: "groovy/",
    versions: /^[4-9]\./u,
  },
  {
    group: "org.apache.kafka",
    artifacts: /^(?:kafka_2\.1[0-9]|kafka-(?:clients|server|streams)|connect-(?:api|json|mirror|runtime))$/u,
    classes: "org/apache/kafka/",
  },
  { group: "org.apache.lucene", artifacts: /^lucene-[a-z-]+$/u, classes: "org/apache/lucene/" },
  { group: "org.apache.solr", artifacts: /^solr-[a-z-]+$/u, classes: "org/apache/solr/" },
  {
    group: "org.bouncycastle",
    artifacts:
      /^bc(?:-fips|(?:jmail|mail|pg|pkix|prov|prov-debug|prov-ext|tls|util)-(?:fips|jdk[0-9]+(?:on|to18)?))$/u,
    classes: "org/bouncycastle/",
  },
  {
    group: "org.codehaus.groovy",
    artifacts: /^groovy(?:-[a-z0-9]+)?$/u,
    classes: "groovy/",
    versions: /^[1-3]\./u,
  },
  { group: "org.dom4j", artifacts: /^dom4j$/u, classes: "org/dom4j/", versions: /^2\./u },
  { group: "org.elasticsearch", artifacts: /^elasticsearch$/u, classes: "org/elasticsearch/" },
  {
    group: "org.hibernate",
    artifacts: /^hibernate-core$/u,
    classes: "org/hibernate/",
    versions: /^[1-5]\./u,
  },
  {
    group: "org.hibernate.orm",
    artifacts: /^hibernate-core$/u,
    classes: "org/hibernate/",
    versions: /^[6-9]\./u,
  },
  { group: "org.hsqldb", artifacts: /^hsqldb$/u, classes: "org/hsqldb/", versions: /^2\./u },
  {
    group: "org.jetbrains.kotlin",
    artifacts: /^kotlin-(?:reflect|stdlib(?:-[a-z0-9]+)?)$/u,
    classes: "kotlin/",
  },
  { group: "org.postgresql", artifacts: /^postgresql$/u, classes: "org/postgresql/" },
  { group: "org.scala-lang", artifacts: /^scala-(?:compiler|library|reflect)$/u, classes: "scala/" },
  {
    group: "org.springframework",
    artifacts:
      /^spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)$/u,
    classes: "org/springframework/",
  },
  {
    group: "org.springframework.amqp",
    artifacts: /^spring-(?:amqp|rabbit)$/u,
    classes: "org/springframework/amqp/",
  },
  {
    group: "org.springframework.boot",
    artifacts: /^spring-boot(?:-[a-z-]+)?$/u,
    classes: "org/springframework/boot/",
  },
  {
    group: "org.springframework.graphql",
    artifacts: /^spring-graphql$/u,
    classes: "org/springframework/graphql/",
  },
  {
    group: "org.springframework.integration",
    artifacts: /^spring-integration-[a-z0-9-]+$/u,
    classes: "org/springframework/integration/",
  },
  { group: "org.springframework.kafka", artifacts: /^spring-kafka$/u, classes: "org/springframework/kafka/" },
  {
    group: "org.springframework.security",
    artifacts:
      /^spring-security-(?:acl|aspects|cas|config|core|crypto|data|ldap|messaging|oauth2-(?:authorization-server|client|core|jose|resource-server)|openid|remoting|rsocket|saml2-service-provider|taglibs|web)$/u,
    classes: "org/springframework/security/",
  },
  {
    group: "org.springframework.session",
    artifacts: /^spring-session-[a-z0-9-]+$/u,
    classes: "org/springframework/session/",
  },
  {
    group: "org.springframework.webflow",
    artifacts: /^spring-(?:binding|js|webflow)$/u,
    classes: "org/springframework/",
  },
  {
    group: "org.springframework.ws",
    artifacts: /^spring-(?:ws-[a-z]+|xml)$/u,
    classes: "org/springframework/",
  },
  { group: "xalan", artifacts: /^xalan$/u, classes: "org/apache/xalan/" },
  { group: "xerces", artifacts: /^xercesImpl$/u, classes: "org/apache/xerces/" },
];

/** The family that an artifact belongs to by its name and version. Its classes must be seen before that counts. */
export function familyOf(
  artifact: string,
  version: string,
): { readonly group: string; readonly classes: string } | undefined {
  return families.find(
    ({ artifacts, versions }) => artifacts.test(artifact) && (versions?.test(version) ?? true),
  );
}
