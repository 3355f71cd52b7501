package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.Stores;

/**
 * The routing job in Kafka Streams, exactly once: tickets' facts are joined per ticket on twelve partitions; ready tickets, agents' states and
 * answers meet in one partition, where a single task decides, because any ticket may go to any agent.
 */
public final class Routing {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Serde<String> TEXT = Serdes.String();
    static final Serde<byte[]> BYTES = Serdes.ByteArray();

    public static void main(String[] arguments) throws Exception {
        JsonNode job = JSON.readTree(new File(arguments[0]));
        String prefix = job.get("prefix").asText() + "signalbox.";
        StreamsBuilder builder = new StreamsBuilder();
        Consumed<String, byte[]> consumed = Consumed.with(TEXT, BYTES);

        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("tickets"), TEXT, BYTES));
        KStream<String, byte[]> ready = builder
                .stream(List.of(prefix + "intake", prefix + "enrichment", prefix + "knowledge-base"), consumed)
                .process(JoinFacts::new, "tickets");
        KStream<String, byte[]> answers = builder.stream(List.of(prefix + "assignment", prefix + "agents"), consumed);

        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("agents"), TEXT, BYTES));
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("in-flight"), TEXT, BYTES));
        builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("waiting"), TEXT, BYTES));
        ready.merge(answers)
                .repartition(Repartitioned.with(TEXT, BYTES).withName("domain").withNumberOfPartitions(1))
                .process(() -> new Decide(job), "agents", "in-flight", "waiting")
                .to(prefix + "routing", Produced.with(TEXT, BYTES));

        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, job.get("prefix").asText() + "kafka-streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.get("brokers").asText());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, job.get("stateDir").asText());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");

        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        Thread launcher = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (IOException gone) {
                // Ends with its launcher all the same.
            }
            ended.countDown();
        });
        launcher.setDaemon(true);
        launcher.start();
        streams.start();
        ended.await();
        System.exit(0);
    }

    static JsonNode read(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static byte[] write(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
