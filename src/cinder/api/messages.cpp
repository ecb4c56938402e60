// /messages, since 3.3; filters, paging and sorting since 3.5.
// https://docs.openstack.org/api-ref/block-storage/v3/#messages
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/user_messages.hpp"

namespace cinder::api {
namespace {

using platform::Session;
using store::MessageRow;

constexpr openstack::SortableColumn kSortableOfMessages[] = {
    {"id", "id"},
    {"event_id", "event_id"},
    {"message_level", "message_level"},
    {"created_at", "created_at"},
    {"guaranteed_until", "expires_at"},
    {"resource_type", "resource_type"},
    {"resource_uuid", "resource_uuid"},
    {"request_id", "request_id"},
};
constexpr ColumnFilter kFiltersOfMessages[] = {
    {"resource_type", "resource_type=?"}, {"resource_uuid", "resource_uuid=?"},
    {"event_id", "event_id=?"},           {"message_level", "message_level=?"},
    {"request_id", "request_id=?"},
};
constexpr ListRules kMessageList{"message:get_all", kSortableOfMessages, kFiltersOfMessages,
                                 Times::no};

void write_message(base::JsonWriter& json, const ApiRequest& request, const MessageRow& message) {
  json.begin_object();
  json.field("id", message.id);
  json.field("event_id", message.event_id);
  json.field("user_message", app::text_of(message));
  json.field("message_level", message.message_level);
  json.field("created_at", base::format_microseconds_without_zone(message.created_at));
  json.field("guaranteed_until", base::format_microseconds_without_zone(message.expires_at));
  json.field("request_id", message.request_id);
  json.field("resource_type", message.resource_type);
  json.field("resource_uuid", message.resource_uuid);
  Links(request.http, "messages").write(json, message.id);
  json.end_object();
}

Response list_messages(app::App& app, ApiRequest& request) {
  return answer_items<MessageRow>(
      app, ItemList(app, request, kMessageList), "messages", [&](Session&) {
        return [&request](base::JsonWriter& json, const MessageRow& message) {
          write_message(json, request, message);
        };
      });
}

Response show_message(app::App& app, ApiRequest& request) {
  const auto message = app.database.read([&](Session& session) {
    return app::get_message(session, request.context, request.parameter("message_id"));
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("message");
  write_message(json, request, message);
  json.end_object();
  return answer(json);
}

Response delete_message(app::App& app, ApiRequest& request) {
  app.database.write("message.delete", [&](Session& session) {
    store::delete_message(
        session, app::get_message(session, request.context, request.parameter("message_id")).id);
  });
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes message_routes(app::App& app) {
  constexpr Microversion kFrom{3, 3};
  const char* const item = "/messages/{message_id}";
  return {
      {"GET", "/messages", "message:get_all", bind(app, list_messages), nullptr, kFrom},
      {"GET", item, "message:get", bind(app, show_message), nullptr, kFrom},
      {"DELETE", item, "message:delete", bind(app, delete_message), nullptr, kFrom},
  };
}

}  // namespace cinder::api
