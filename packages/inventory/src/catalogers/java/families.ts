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
 * Sorted by group. Listed are those of which there are advisories and which are, or once were, built by Gradle, Ant, sbt, Bazel or
 * the first Maven; whatever Maven builds since says itself what it is.
 */
const families: readonly Family[] = [
  { group: "axis", artifacts: /^axis$/u, classes: "org/apache/axis/" },
  { group: "c3p0", artifacts: /^c3p0$/u, classes: "com/mchange/v2/c3p0/", versions: /^0\.9\.[01]/u },
  { group: "com.auth0", artifacts: /^(?:java-jwt|jwks-rsa)$/u, classes: "com/auth0/" },
  { group: "com.github.luben", artifacts: /^zstd-jni$/u, classes: "com/github/luben/zstd/" },
  { group: "com.google.crypto.tink", artifacts: /^tink$/u, classes: "com/google/crypto/tink/" },
  {
    group: "com.google.protobuf",
    artifacts: /^protobuf-(?:java|java-util|javalite|kotlin)$/u,
    classes: "com/google/protobuf/",
  },
  { group: "com.graphql-java", artifacts: /^graphql-java$/u, classes: "graphql/" },
  { group: "com.h2database", artifacts: /^h2$/u, classes: "org/h2/" },
  { group: "com.hierynomus", artifacts: /^sshj$/u, classes: "com/hierynomus/sshj/" },
  {
    group: "com.linecorp.armeria",
    artifacts: /^armeria(?:-[a-z0-9-]+)?$/u,
    classes: "com/linecorp/armeria/",
  },
  { group: "com.lowagie", artifacts: /^itext$/u, classes: "com/lowagie/text/" },
  {
    group: "com.mchange",
    artifacts: /^c3p0$/u,
    classes: "com/mchange/v2/c3p0/",
    versions: /^0\.(?:9\.[2-9]|[1-9]\d)/u,
  },
  { group: "com.mchange", artifacts: /^mchange-commons-java$/u, classes: "com/mchange/" },
  { group: "com.mysql", artifacts: /^mysql-connector-j$/u, classes: "com/mysql/" },
  { group: "com.squareup.okhttp3", artifacts: /^okhttp(?:-[a-z-]+)?$/u, classes: "okhttp3/" },
  { group: "com.squareup.okhttp3", artifacts: /^logging-interceptor$/u, classes: "okhttp3/logging/" },
  { group: "com.squareup.okio", artifacts: /^okio(?:-jvm)?$/u, classes: "okio/" },
  { group: "com.squareup.retrofit2", artifacts: /^retrofit$/u, classes: "retrofit2/" },
  { group: "com.typesafe.akka", artifacts: /^akka-[a-z0-9-]+_2\.1[0-9]$/u, classes: "akka/" },
  {
    group: "com.typesafe.play",
    artifacts: /^play(?:-[a-z-]+)?_2\.1[0-9]$/u,
    classes: "play/",
    versions: /^[12]\./u,
  },
  {
    group: "commons-beanutils",
    artifacts: /^commons-beanutils(?:-core)?$/u,
    classes: "org/apache/commons/beanutils/",
    versions: /^1\./u,
  },
  {
    group: "commons-collections",
    artifacts: /^commons-collections$/u,
    classes: "org/apache/commons/collections/",
    versions: /^[23]\./u,
  },
  {
    group: "commons-fileupload",
    artifacts: /^commons-fileupload$/u,
    classes: "org/apache/commons/fileupload/",
    versions: /^1\./u,
  },
  {
    group: "commons-httpclient",
    artifacts: /^commons-httpclient$/u,
    classes: "org/apache/commons/httpclient/",
    versions: /^[23]\./u,
  },
  { group: "dom4j", artifacts: /^dom4j$/u, classes: "org/dom4j/", versions: /^1\./u },
  { group: "hsqldb", artifacts: /^hsqldb$/u, classes: "org/hsqldb/", versions: /^1\./u },
  { group: "io.grpc", artifacts: /^grpc-[a-z-]+$/u, classes: "io/grpc/" },
  { group: "io.ktor", artifacts: /^ktor-[a-z0-9-]+$/u, classes: "io/ktor/" },
  { group: "io.micrometer", artifacts: /^micrometer-[a-z0-9-]+$/u, classes: "io/micrometer/" },
  {
    group: "io.micronaut",
    artifacts:
      /^micronaut-(?:aop|buffer-netty|context|core|core-reactive|http|http-client|http-client-core|http-netty|http-server|http-server-netty|inject|inject-java|jackson-core|jackson-databind|json-core|management|router|runtime|websocket)$/u,
    classes: "io/micronaut/",
  },
  { group: "io.projectreactor", artifacts: /^reactor-core$/u, classes: "reactor/core/" },
  { group: "io.projectreactor.netty", artifacts: /^reactor-netty(?:-[a-z]+)?$/u, classes: "reactor/netty/" },
  { group: "io.ratpack", artifacts: /^ratpack-[a-z0-9-]+$/u, classes: "ratpack/" },
  { group: "junit", artifacts: /^junit$/u, classes: "org/junit/", versions: /^4\./u },
  { group: "log4j", artifacts: /^log4j$/u, classes: "org/apache/log4j/", versions: /^1\./u },
  { group: "mysql", artifacts: /^mysql-connector-java$/u, classes: "com/mysql/" },
  { group: "net.lingala.zip4j", artifacts: /^zip4j$/u, classes: "net/lingala/zip4j/" },
  {
    group: "net.sf.jasperreports",
    artifacts: /^jasperreports(?:-[a-z]+)?$/u,
    classes: "net/sf/jasperreports/",
  },
  { group: "org.apache-extras.beanshell", artifacts: /^bsh$/u, classes: "bsh/", versions: /^2\.0b6/u },
  { group: "org.apache.ant", artifacts: /^ant$/u, classes: "org/apache/tools/ant/" },
  { group: "org.apache.beam", artifacts: /^beam-[a-z0-9-]+$/u, classes: "org/apache/beam/" },
  {
    group: "org.apache.calcite",
    artifacts:
      /^calcite-(?:babel|cassandra|core|druid|elasticsearch|file|linq4j|mongodb|server|spark|splunk)$/u,
    classes: "org/apache/calcite/",
  },
  {
    group: "org.apache.calcite.avatica",
    artifacts: /^avatica(?:-[a-z-]+)?$/u,
    classes: "org/apache/calcite/avatica/",
  },
  { group: "org.apache.cassandra", artifacts: /^cassandra-all$/u, classes: "org/apache/cassandra/" },
  {
    group: "org.apache.derby",
    artifacts: /^derby(?:client|net|optionaltools|run|shared|tools)?$/u,
    classes: "org/apache/derby/",
  },
  { group: "org.apache.geode", artifacts: /^geode-[a-z-]+$/u, classes: "org/apache/geode/" },
  {
    group: "org.apache.groovy",
    artifacts: /^groovy(?:-[a-z0-9]+)?$/u,
    classes: "groovy/",
    versions: /^[4-9]\./u,
  },
  { group: "org.apache.ivy", artifacts: /^ivy$/u, classes: "org/apache/ivy/" },
  { group: "org.apache.jmeter", artifacts: /^ApacheJMeter(?:_[a-z0-9]+)?$/u, classes: "org/apache/jmeter/" },
  {
    group: "org.apache.kafka",
    artifacts:
      /^(?:kafka_2\.1[0-9]|kafka-(?:clients|group-coordinator|metadata|raft|server|server-common|storage|streams|tools)|connect-(?:api|file|json|mirror|runtime|transforms))$/u,
    classes: "org/apache/kafka/",
  },
  { group: "org.apache.lucene", artifacts: /^lucene-[a-z-]+$/u, classes: "org/apache/lucene/" },
  {
    group: "org.apache.pekko",
    artifacts: /^pekko-[a-z0-9-]+_(?:2\.1[0-9]|3)$/u,
    classes: "org/apache/pekko/",
  },
  {
    group: "org.apache.poi",
    artifacts: /^poi(?:-(?:excelant|ooxml|scratchpad))?$/u,
    classes: "org/apache/poi/",
  },
  { group: "org.apache.solr", artifacts: /^solr-[a-z-]+$/u, classes: "org/apache/solr/" },
  { group: "org.apache.xmlbeans", artifacts: /^xmlbeans$/u, classes: "org/apache/xmlbeans/" },
  { group: "org.apache.xmlgraphics", artifacts: /^batik-[a-z0-9-]+$/u, classes: "org/apache/batik/" },
  { group: "org.apache.xmlgraphics", artifacts: /^fop(?:-[a-z]+)?$/u, classes: "org/apache/fop/" },
  { group: "org.apache.zookeeper", artifacts: /^zookeeper$/u, classes: "org/apache/zookeeper/" },
  { group: "org.beanshell", artifacts: /^bsh$/u, classes: "bsh/", versions: /^2\.0b[45]/u },
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
  {
    group: "org.codehaus.jackson",
    artifacts: /^jackson-(?:core-asl|jaxrs|mapper-asl|xc)$/u,
    classes: "org/codehaus/jackson/",
  },
  {
    group: "org.conscrypt",
    artifacts: /^conscrypt-(?:android|openjdk|openjdk-uber)$/u,
    classes: "org/conscrypt/",
  },
  { group: "org.dom4j", artifacts: /^dom4j$/u, classes: "org/dom4j/", versions: /^2\./u },
  {
    group: "org.elasticsearch",
    artifacts: /^elasticsearch(?:-(?:cli|core|geo|secure-sm|ssl-config|x-content))?$/u,
    classes: "org/elasticsearch/",
  },
  {
    group: "org.elasticsearch.client",
    artifacts: /^elasticsearch-rest-(?:client|high-level-client)$/u,
    classes: "org/elasticsearch/client/",
  },
  { group: "org.freemarker", artifacts: /^freemarker(?:-gae)?$/u, classes: "freemarker/" },
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
  { group: "org.http4s", artifacts: /^http4s-[a-z0-9-]+_(?:2\.1[0-9]|3)$/u, classes: "org/http4s/" },
  { group: "org.jdom", artifacts: /^jdom$/u, classes: "org/jdom/" },
  { group: "org.jdom", artifacts: /^jdom2$/u, classes: "org/jdom2/" },
  {
    group: "org.jetbrains.kotlin",
    artifacts: /^kotlin-(?:compiler|daemon|gradle|scripting)[a-z0-9-]*$/u,
    classes: "org/jetbrains/kotlin/",
  },
  {
    group: "org.jetbrains.kotlin",
    artifacts: /^kotlin-(?:reflect|script-runtime|stdlib(?:-[a-z0-9]+)?)$/u,
    classes: "kotlin/",
  },
  { group: "org.lz4", artifacts: /^lz4-java$/u, classes: "net/jpountz/", versions: /^1\.(?:[4-7]\.|8\.0)/u },
  {
    group: "org.mozilla",
    artifacts: /^rhino(?:-(?:all|engine|runtime|tools|xml))?$/u,
    classes: "org/mozilla/javascript/",
  },
  {
    group: "org.opensearch",
    artifacts: /^opensearch(?:-(?:cli|common|compress|core|geo|secure-sm|ssl-config|x-content))?$/u,
    classes: "org/opensearch/",
  },
  {
    group: "org.opensearch.client",
    artifacts: /^opensearch-rest-(?:client|high-level-client)$/u,
    classes: "org/opensearch/client/",
  },
  {
    group: "org.ow2.asm",
    artifacts: /^asm(?:-(?:analysis|commons|tree|util|xml))?$/u,
    classes: "org/objectweb/asm/",
    versions: /^[4-9]\./u,
  },
  {
    group: "org.playframework",
    artifacts: /^play(?:-[a-z-]+)?_(?:2\.13|3)$/u,
    classes: "play/",
    versions: /^3\./u,
  },
  { group: "org.postgresql", artifacts: /^postgresql$/u, classes: "org/postgresql/" },
  { group: "org.python", artifacts: /^jython(?:-(?:slim|standalone))?$/u, classes: "org/python/" },
  { group: "org.quartz-scheduler", artifacts: /^quartz(?:-jobs)?$/u, classes: "org/quartz/" },
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
    group: "org.springframework.ldap",
    artifacts: /^spring-ldap-(?:core|core-tiger|ldif-core|odm|test)$/u,
    classes: "org/springframework/ldap/",
  },
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
  { group: "org.testng", artifacts: /^testng$/u, classes: "org/testng/" },
  { group: "org.tukaani", artifacts: /^xz$/u, classes: "org/tukaani/xz/" },
  { group: "org.xerial.snappy", artifacts: /^snappy-java$/u, classes: "org/xerial/snappy/" },
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
