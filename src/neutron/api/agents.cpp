#include "neutron/app/agents.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/api/views.hpp"

namespace neutron::api {
namespace {

constexpr std::array kAgentAttributes{
    standard::kId,
    Attribute{.name = "agent_type", .column = "agent_type"},
    Attribute{.name = "binary", .column = "binary_name"},
    Attribute{.name = "topic", .column = "topic"},
    Attribute{.name = "host", .column = "host"},
    Attribute{.name = "admin_state_up",
              .put = true,
              .convert = to_boolean,
              .column = "admin_state_up",
              .kind = Kind::boolean},
    Attribute{.name = "description",
              .put = true,
              .validate = text_up_to_or_null<255>,
              .convert = null_to_empty_text,
              .column = "description"},
    Attribute{.name = "alive"},
    Attribute{.name = "configurations"},
    Attribute{.name = "availability_zone"},
    standard::kCreatedAt,
    Attribute{.name = "started_at", .column = "started_at", .kind = Kind::time},
    Attribute{.name = "heartbeat_timestamp", .column = "heartbeat_timestamp", .kind = Kind::time},
};

constexpr ResourceType kAgentType{"agent",        "agents", "/agents",
                                  "/agents/{id}", "agents", kAgentAttributes};

// "2026-01-31 23:59:59": this one resource writes its times this way.
std::string format_plain(base::TimePoint time) {
  std::string text = base::format_seconds(time);
  text[10] = ' ';
  text.pop_back();
  return text;
}

Response answer(Plugin& plugin, ApiRequest& request, const store::AgentRow& agent) {
  Selection selection(read_fields(request), {});
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("agent");
  {
    ObjectView view(writer, selection);
    write_agent(view, agent, plugin.agents.is_alive(agent));
  }
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

// `alive` follows from the heartbeat: it is looked at after the query.
bool ignore_alive(store::SqlFragment& /*where*/, const openstack::Context& /*context*/,
                  std::string_view name, const std::vector<std::string_view>& /*values*/) {
  return name == "alive";
}

Response list_agents(Plugin& plugin, ApiRequest& request) {
  const Listing listing = read_listing(plugin.core, kAgentType, request, {}, ignore_alive);
  const auto wanted = request.query.get("alive");
  Selection selection(listing.fields, {});
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("agents");
  writer.begin_array();
  for (const store::AgentRow& agent : plugin.agents.list(listing.query)) {
    const bool alive = plugin.agents.is_alive(agent);
    if (wanted && read_boolean(*wanted) != alive) continue;
    ObjectView view(writer, selection);
    write_agent(view, agent, alive);
  }
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

}  // namespace

void write_agent(ObjectView& view, const store::AgentRow& agent, bool alive) {
  view.field("id", agent.id);
  view.field("agent_type", agent.agent_type);
  view.field("binary", agent.binary_name);
  view.field("topic", agent.topic);
  view.field("host", agent.host);
  view.field("admin_state_up", agent.admin_state_up);
  view.field("alive", alive);
  view.custom("availability_zone", [&](base::JsonWriter& writer) {
    agent.agent_type == kDhcpAgentType ? writer.value("nova") : writer.value(nullptr);
  });
  view.json("configurations", agent.configurations);
  view.text_or_null("description", agent.description);
  view.field("created_at", format_plain(agent.created_at));
  view.field("started_at", format_plain(agent.started_at));
  view.field("heartbeat_timestamp", format_plain(agent.heartbeat_timestamp));
}

void add_agents(openstack::Routes& routes, Plugin& plugin) {
  // A caller who may not see agents learns nothing of their existence.
  const auto guarded = [&plugin](auto handler) {
    return [&plugin, handler](ApiRequest& request) {
      if (!request.policy.allows(request.context, "get_agent", {}))
        throw base::Error(base::ErrorKind::not_found, "The resource could not be found.");
      return handler(plugin, request);
    };
  };
  routes.push_back({"GET", "/agents", "rule_reader", [&plugin](ApiRequest& request) {
                      if (request.policy.allows(request.context, "get_agent", {}))
                        return list_agents(plugin, request);
                      // Neutron's list is empty then, not forbidden.
                      return openstack::json_response(200, R"({"agents":[]})");
                    }});
  routes.push_back(
      {"GET", "/agents/{id}", "rule_reader", guarded([](Plugin& p, ApiRequest& request) {
         return answer(p, request, p.agents.get(request.parameter("id")));
       })});
  routes.push_back(
      {"PUT", "/agents/{id}", "update_agent", guarded([](Plugin& p, ApiRequest& request) {
         const Attributes changes = read_update_body(kAgentType, request);
         return answer(p, request, p.agents.update(request.parameter("id"), changes));
       })});
  routes.push_back(
      {"DELETE", "/agents/{id}", "delete_agent", guarded([](Plugin& p, ApiRequest& request) {
         p.agents.remove(request.parameter("id"));
         return openstack::empty_response(204);
       })});
}

}  // namespace neutron::api
