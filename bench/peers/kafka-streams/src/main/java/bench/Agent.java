package bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** An agent's record, read once, with the units of proposals it does not show yet. */
final class Agent {
    final String id;
    final long version;
    final boolean takesTickets;
    final Map<String, Integer> skills = new HashMap<>();
    final Map<String, Integer> languages = new HashMap<>();
    final Set<String> queues = new HashSet<>();
    final double unitsMax;
    final double unitsUsed;
    final long idleSince;
    double unitsInFlight;

    Agent(String id, JsonNode state) {
        this.id = id;
        version = state.get("agentVersion").asLong();
        takesTickets = state.get("presence").asText().equals("online") && state.get("inRotation").asBoolean();
        state.get("skills").fields().forEachRemaining(one -> skills.put(one.getKey(), one.getValue().asInt()));
        state.get("languages").fields().forEachRemaining(one -> languages.put(one.getKey(), one.getValue().asInt()));
        state.get("queueIds").forEach(one -> queues.add(one.asText()));
        unitsMax = state.get("unitsMax").asDouble();
        unitsUsed = state.get("unitsUsed").asDouble();
        JsonNode idle = state.get("idleSince");
        idleSince = idle.isNull() ? Long.MAX_VALUE : java.time.Instant.parse(idle.asText()).toEpochMilli();
    }

    double unitsTaken() {
        return unitsUsed + unitsInFlight;
    }
}
