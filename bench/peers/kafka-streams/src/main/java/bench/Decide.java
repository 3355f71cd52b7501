package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Gives each ready ticket to one agent: gate, weighted score, tie-break, as services/routing's `match` does for one ticket. An agent's units
 * are those of its record and of proposals whose answer it does not show yet. A ticket for whom nobody has room waits for the next agent's
 * state.
 */
final class Decide implements Processor<String, byte[], String, byte[]> {
    private static final int TOP_MAX = 5;

    private record Scored(Agent agent, double score) {}

    private final JsonNode policy;
    private final JsonNode categories;
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> agentStore;
    private KeyValueStore<String, byte[]> inFlight;
    private KeyValueStore<String, byte[]> waiting;
    /** What the stores have, read: else a ticket would cost a thousand records' parsing. In the order of ids, so that ties are broken alike. */
    private final TreeMap<String, Agent> agents = new TreeMap<>();
    /** By agent: tickets whose units its record does not show. */
    private final Map<String, Map<String, Proposal>> proposals = new HashMap<>();
    private boolean anyWaiting;

    /** @param agentVersion of the agent's record that shows the ticket; 0 = not answered yet */
    private record Proposal(String agentId, double units, long agentVersion) {}

    Decide(JsonNode job) {
        policy = job.get("policy");
        categories = job.get("categories");
    }

    @Override
    public void init(ProcessorContext<String, byte[]> given) {
        context = given;
        agentStore = given.getStateStore("agents");
        inFlight = given.getStateStore("in-flight");
        waiting = given.getStateStore("waiting");
        try (KeyValueIterator<String, byte[]> all = inFlight.all()) {
            all.forEachRemaining(one -> remember(one.key, proposalOf(Routing.read(one.value))));
        }
        try (KeyValueIterator<String, byte[]> all = agentStore.all()) {
            all.forEachRemaining(one -> agents.put(one.key, withUnitsInFlight(new Agent(one.key, Routing.read(one.value)))));
        }
        try (KeyValueIterator<String, byte[]> all = waiting.all()) {
            anyWaiting = all.hasNext();
        }
    }

    @Override
    public void process(Record<String, byte[]> event) {
        JsonNode message = Routing.read(event.value());
        switch (message.get("type").asText()) {
            case "TicketReady" -> {
                if (!decide(event.key(), message, event.timestamp())) {
                    waiting.put(event.key(), event.value());
                    anyWaiting = true;
                }
            }
            case "TicketAssigned" -> onAssigned(event.key(), message.get("data"));
            case "AgentState" -> onAgentState(event.key(), message.get("data"), event.timestamp());
            default -> {}
        }
    }

    private void onAssigned(String ticketId, JsonNode data) {
        byte[] stored = inFlight.get(ticketId);
        if (stored == null) return;
        Proposal proposal = proposalOf(Routing.read(stored));
        long version = data.get("load").get("agentVersion").asLong();
        Agent agent = agents.get(proposal.agentId());
        if (agent.version >= version) forget(ticketId, agent);
        else store(ticketId, new Proposal(proposal.agentId(), proposal.units(), version));
    }

    private void onAgentState(String agentId, JsonNode data, long timestamp) {
        Agent before = agents.get(agentId);
        Agent agent = new Agent(agentId, data);
        if (before != null && before.version >= agent.version) return;
        agentStore.put(agentId, Routing.write(data));
        agents.put(agentId, agent);
        List<String> shown = new ArrayList<>();
        proposals.getOrDefault(agentId, Map.of()).forEach((ticketId, one) -> {
            if (one.agentVersion() > 0 && one.agentVersion() <= agent.version) shown.add(ticketId);
        });
        for (String ticketId : shown) forget(ticketId, agent);
        withUnitsInFlight(agent);
        if (anyWaiting) tryWaiting(timestamp);
    }

    private void tryWaiting(long timestamp) {
        List<String> decided = new ArrayList<>();
        boolean anyLeft = false;
        try (KeyValueIterator<String, byte[]> all = waiting.all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> one = all.next();
                if (decide(one.key, Routing.read(one.value), timestamp)) decided.add(one.key);
                else anyLeft = true;
            }
        }
        for (String ticketId : decided) waiting.delete(ticketId);
        anyWaiting = anyLeft;
    }

    private boolean decide(String ticketId, JsonNode ticket, long timestamp) {
        String priority = ticket.get("priority").asText();
        String use = weightsFor(priority, ticket);
        JsonNode weights = policy.get("weights").get(use);
        JsonNode category = categories.get(ticket.get("category").asText());
        String queueId = category.get("queue").asText();
        String language = ticket.get("language").asText();
        int languageMin = policy.get("languageLevelMin").asInt();
        double units = 1;
        JsonNode recent = ticket.get("recentAgentIds");
        double total = 0;
        for (JsonNode weight : weights) total += weight.asDouble();
        double skillWeight = weights.path("skill").asDouble();
        double languageWeight = weights.path("language").asDouble();
        double workloadWeight = weights.path("workload").asDouble();
        double idleWeight = weights.path("idle").asDouble();
        double familiarityWeight = weights.path("familiarity").asDouble();
        // Nothing was learned of anybody, nothing is due: these are the same for all.
        double same = 0.5 * weights.path("speed").asDouble()
                + 0.75 * weights.path("satisfaction").asDouble()
                + 0.5 * weights.path("slaSlack").asDouble()
                + weights.path("slaPressure").asDouble();
        List<Map.Entry<String, Integer>> required = levels(category.get("requiredSkills"));
        List<Map.Entry<String, Integer>> preferred = levels(category.get("preferredSkills"));
        long now = System.currentTimeMillis();

        List<Scored> best = new ArrayList<>();
        for (Agent agent : agents.values()) {
            if (!agent.takesTickets || !agent.queues.contains(queueId)) continue;
            if (agent.languages.getOrDefault(language, 0) < languageMin || !meets(agent, required)) continue;
            if (agent.unitsTaken() + units > agent.unitsMax) continue;
            double idle = agent.idleSince > now ? 0 : 1 - Math.exp(-(now - agent.idleSince) / 60_000.0 / 30);
            double sum = same
                    + skillWeight * skillSignal(agent, required, preferred)
                    + languageWeight * agent.languages.get(language) / 5.0
                    + workloadWeight * Math.max(0, (agent.unitsMax - agent.unitsTaken() - units) / agent.unitsMax)
                    + idleWeight * idle
                    + familiarityWeight * familiarity(agent, recent);
            keepBest(best, new Scored(agent, Math.round(sum / total * 1e9) / 1e9));
        }
        if (best.isEmpty()) return false;
        Agent chosen = best.get(0).agent();
        store(ticketId, new Proposal(chosen.id, units, 0));
        withUnitsInFlight(chosen);
        context.forward(new Record<>(ticketId, proposalEvent(ticketId, chosen, queueId, units, use, best), timestamp));
        return true;
    }

    private String weightsFor(String priority, JsonNode ticket) {
        for (JsonNode rule : policy.get("rules")) {
            JsonNode when = rule.get("when");
            if (fits(when.get("priority"), priority)
                    && fits(when.get("category"), ticket.get("category").asText())
                    && fits(when.get("channel"), ticket.get("channel").asText())) return rule.get("use").asText();
        }
        return "standard";
    }

    private static boolean fits(JsonNode allowed, String value) {
        if (allowed == null) return true;
        for (JsonNode one : allowed) if (one.asText().equals(value)) return true;
        return false;
    }

    private static List<Map.Entry<String, Integer>> levels(JsonNode skills) {
        List<Map.Entry<String, Integer>> levels = new ArrayList<>();
        skills.fields().forEachRemaining(one -> levels.add(Map.entry(one.getKey(), one.getValue().asInt())));
        return levels;
    }

    private static boolean meets(Agent agent, List<Map.Entry<String, Integer>> required) {
        for (Map.Entry<String, Integer> one : required)
            if (agent.skills.getOrDefault(one.getKey(), 0) < one.getValue()) return false;
        return true;
    }

    private static double skillSignal(Agent agent, List<Map.Entry<String, Integer>> required, List<Map.Entry<String, Integer>> preferred) {
        double sum = 0;
        double weights = 0;
        for (Map.Entry<String, Integer> one : required) {
            sum += agent.skills.getOrDefault(one.getKey(), 0) / 5.0;
            weights += 1;
        }
        for (Map.Entry<String, Integer> one : preferred) {
            if (required.stream().anyMatch(skill -> skill.getKey().equals(one.getKey()))) continue;
            sum += 0.5 * agent.skills.getOrDefault(one.getKey(), 0) / 5.0;
            weights += 0.5;
        }
        return weights == 0 ? 0.5 : sum / weights;
    }

    private static double familiarity(Agent agent, JsonNode recent) {
        int position = 0;
        for (Iterator<JsonNode> each = recent.elements(); each.hasNext(); position += 1)
            if (each.next().asText().equals(agent.id)) return 1.0 / (1 + position);
        return 0;
    }

    private static final Comparator<Scored> BEST_FIRST = Comparator.comparingDouble((Scored one) -> -one.score())
            .thenComparingLong(one -> one.agent().idleSince)
            .thenComparing(one -> one.agent().id);

    private static void keepBest(List<Scored> best, Scored one) {
        if (best.size() == TOP_MAX && BEST_FIRST.compare(one, best.get(TOP_MAX - 1)) >= 0) return;
        if (best.size() == TOP_MAX) best.remove(TOP_MAX - 1);
        int at = best.size();
        while (at > 0 && BEST_FIRST.compare(one, best.get(at - 1)) < 0) at -= 1;
        best.add(at, one);
    }

    private byte[] proposalEvent(String ticketId, Agent agent, String queueId, double units, String weights, List<Scored> best) {
        String now = Instant.ofEpochMilli(System.currentTimeMillis()).toString();
        String proposalId = UUID.randomUUID().toString();
        ObjectNode event = Routing.JSON.createObjectNode()
                .put("specversion", "1.0")
                .put("id", proposalId)
                .put("source", "/bench/kafka-streams")
                .put("type", "AssignmentProposed")
                .put("subject", ticketId)
                .put("subjectversion", 1)
                .put("time", now)
                .put("datacontenttype", "application/json");
        ObjectNode data = event.putObject("data")
                .put("proposalId", proposalId)
                .put("agentId", agent.id)
                .put("epoch", 1)
                .put("queueId", queueId)
                .put("units", units)
                .put("domain", "default")
                .put("round", 1)
                .put("step", 0)
                .put("weights", weights)
                .put("unenriched", false)
                .put("proposedAt", now);
        data.putObject("policy").put("name", "standard").put("version", 1);
        ArrayNode top = data.putArray("top");
        for (Scored one : best) top.addObject().put("agentId", one.agent().id).put("score", one.score()).putArray("factors");
        data.putArray("excluded");
        return Routing.write(event);
    }

    private void store(String ticketId, Proposal proposal) {
        remember(ticketId, proposal);
        ObjectNode stored = Routing.JSON.createObjectNode()
                .put("agentId", proposal.agentId())
                .put("units", proposal.units())
                .put("agentVersion", proposal.agentVersion());
        inFlight.put(ticketId, Routing.write(stored));
    }

    private static Proposal proposalOf(JsonNode stored) {
        return new Proposal(stored.get("agentId").asText(), stored.get("units").asDouble(), stored.get("agentVersion").asLong());
    }

    private void remember(String ticketId, Proposal proposal) {
        proposals.computeIfAbsent(proposal.agentId(), none -> new HashMap<>()).put(ticketId, proposal);
    }

    private void forget(String ticketId, Agent agent) {
        inFlight.delete(ticketId);
        Map<String, Proposal> own = proposals.get(agent.id);
        if (own != null) own.remove(ticketId);
        withUnitsInFlight(agent);
    }

    private Agent withUnitsInFlight(Agent agent) {
        agent.unitsInFlight = 0;
        for (Proposal one : proposals.getOrDefault(agent.id, Map.of()).values()) agent.unitsInFlight += one.units();
        return agent;
    }
}
