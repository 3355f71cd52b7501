package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** What three topics say about a ticket, in whatever order; once all have spoken the ticket goes on, once. */
final class JoinFacts implements Processor<String, byte[], String, byte[]> {
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> tickets;

    @Override
    public void init(ProcessorContext<String, byte[]> given) {
        context = given;
        tickets = given.getStateStore("tickets");
    }

    @Override
    public void process(Record<String, byte[]> event) {
        JsonNode message = Routing.read(event.value());
        JsonNode data = message.get("data");
        byte[] before = tickets.get(event.key());
        ObjectNode ticket = before == null ? Routing.JSON.createObjectNode() : (ObjectNode) Routing.read(before);
        if (ticket.has("sent")) return;
        switch (message.get("type").asText()) {
            case "TicketReceived" -> ticket
                    .put("receivedAt", Instant.parse(data.get("receivedAt").asText()).toEpochMilli())
                    .put("channel", data.get("channel").asText());
            case "TicketEnriched" -> {
                for (String fact : new String[] {"category", "complexity", "priority", "language"})
                    ticket.set(fact, data.get(fact).get("value"));
                ticket.set("recentAgentIds", data.get("customer").get("recentAgentIds"));
            }
            case "NoAnswer" -> ticket.put("verdict", data.get("reason").asText());
            default -> {
                return;
            }
        }
        boolean ready = ticket.has("receivedAt") && ticket.has("category") && ticket.has("verdict");
        if (ready) {
            ticket.put("type", "TicketReady");
            context.forward(event.withValue(Routing.write(ticket)));
            ticket.removeAll();
            ticket.put("sent", true);
        }
        tickets.put(event.key(), Routing.write(ticket));
    }
}
