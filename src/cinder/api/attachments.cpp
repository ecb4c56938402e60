// /attachments, since 3.27: how a compute service uses a volume.
// https://docs.openstack.org/api-ref/block-storage/v3/#attachments
#include "cinder/app/attachments.hpp"

#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "openstack/actions.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using store::AttachmentRow;

constexpr Microversion kAttachments{3, 27};
constexpr Microversion kComplete{3, 44};
constexpr Microversion kMode{3, 54};

constexpr openstack::SortableColumn kSortableOfAttachments[] = {
    {"id", "id"},
    {"status", "status"},
    {"volume_id", "volume_id"},
    {"instance_id", "server_id"},
    {"created_at", "created_at"},
};

constexpr ColumnFilter kFiltersOfAttachments[] = {
    {"id", "id=?"},
    {"status", "status=?"},
    {"attach_status", "status=?"},
    {"volume_id", "volume_id=?"},
    {"instance_id", "server_id=?"},
};

constexpr ListRules kAttachmentList{"volume:get_all", kSortableOfAttachments,
                                    kFiltersOfAttachments};

void write_summary(base::JsonWriter& json, const AttachmentRow& attachment) {
  json.field("id", attachment.id);
  json.field("status", attachment.status);
  write_text_or_null(json, "instance", attachment.server_id);
  json.field("volume_id", attachment.volume_id);
}

void write_summary_object(base::JsonWriter& json, const AttachmentRow& attachment) {
  json.begin_object();
  write_summary(json, attachment);
  json.end_object();
}

void write_detail_object(base::JsonWriter& json, const AttachmentRow& attachment) {
  json.begin_object();
  write_summary(json, attachment);
  write_time_or_null(json, "attached_at", attachment.attached_at);
  json.field("detached_at", nullptr);
  json.field("attach_mode", attachment.mode);
  json.key("connection_info");
  json.raw(attachment.connection_info);
  json.end_object();
}

Response answer_attachment(const AttachmentRow& attachment) {
  base::JsonWriter json;
  json.begin_object();
  json.key("attachment");
  write_detail_object(json, attachment);
  json.end_object();
  return answer(json);
}

using Write = void (*)(base::JsonWriter&, const AttachmentRow&);
Response answer_attachments(app::App& app, ApiRequest& request, Write write) {
  const ItemList list(app, request, kAttachmentList);
  return answer_items<AttachmentRow>(app, list, "attachments",
                                     [write](platform::Session&) { return write; });
}

Response list_attachments(app::App& app, ApiRequest& request) {
  return answer_attachments(app, request, write_summary_object);
}
Response list_attachments_detail(app::App& app, ApiRequest& request) {
  return answer_attachments(app, request, write_detail_object);
}

Response show_attachment(app::App& app, ApiRequest& request) {
  return answer_attachment(app.database.read([&](platform::Session& session) {
    return app::get_attachment(session, request.context, request.parameter("attachment_id"));
  }));
}

std::string mode_of(const ApiRequest& request, const Json& attachment) {
  return request.context.version >= kMode ? text_member(attachment, "mode").value_or("") : "";
}

// Null and {}: none yet.
const Json* connector_of(const Json& attachment) {
  const Json* connector = base::find(attachment, "connector");
  return connector && connector->is_object() && !connector->get_object().empty() ? connector
                                                                                 : nullptr;
}

AttachmentRow connect_or_undo(app::App& app, const openstack::Context& context,
                              const AttachmentRow& attachment, const app::Connector& connector) {
  try {
    return app::connect_attachment(app, context, attachment.id, connector);
  } catch (...) {
    app::delete_attachment(app, context, attachment.id);
    throw;
  }
}

Response create_attachment(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "attachment");
  const std::string mode = mode_of(request, body);
  const AttachmentRow attachment = app::create_attachment(
      app, request.context,
      {base::get_text(body, "volume_uuid"), text_member(body, "instance_uuid").value_or(""), mode});
  const Json* connector = connector_of(body);
  if (!connector) return answer_attachment(attachment);
  return answer_attachment(connect_or_undo(app, request.context, attachment, {*connector, mode}));
}

Response update_attachment(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "attachment");
  const Json* connector = connector_of(body);
  if (!connector) bad_request("Invalid input received: the connector is missing.");
  return answer_attachment(app::connect_attachment(app, request.context,
                                                   request.parameter("attachment_id"),
                                                   {*connector, mode_of(request, body)}));
}

Response delete_attachment(app::App& app, ApiRequest& request) {
  const auto left =
      app::delete_attachment(app, request.context, request.parameter("attachment_id"));
  base::JsonWriter json;
  json.begin_object();
  json.key("attachments");
  json.begin_array();
  for (const AttachmentRow& attachment : left) write_summary_object(json, attachment);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response complete(app::App& app, ApiRequest& request, const std::string& id, const Json&) {
  app::complete_attachment(app, request.context, id);
  return openstack::empty_response(204);
}

constexpr openstack::Action<app::App> kAttachmentActions[] = {
    {"os-complete", "volume:attachment_complete", kComplete, kLatest,
     R"({"type":["object","null"]})", complete},
};

Response run_attachment_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kAttachmentActions);
  const auto& action = kAttachmentActions[rules.choose(request)];
  return action.act(app, request, request.parameter("attachment_id"),
                    openstack::action_argument(request));
}

const openstack::Schema& create_schema() {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{"attachment":{"type":"object","properties":{)"
      R"("volume_uuid":{"type":"string","format":"uuid"},)"
      R"("instance_uuid":{"type":["string","null"],"format":"uuid"},)"
      R"("connector":{"type":["object","null"]},"mode":{"type":"string","enum":["rw","ro"]}},)"
      R"("required":["volume_uuid"],"additionalProperties":false}},"required":["attachment"],)"
      R"("additionalProperties":false})");
  return schema;
}

const openstack::Schema& update_schema() {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{"attachment":{"type":"object","properties":{)"
      R"("connector":{"type":"object","minProperties":1},)"
      R"("mode":{"type":"string","enum":["rw","ro"]}},"required":["connector"],)"
      R"("additionalProperties":false}},"required":["attachment"],"additionalProperties":false})");
  return schema;
}

}  // namespace

openstack::Routes attachment_routes(app::App& app) {
  const char* const item = "/attachments/{attachment_id}";
  return {
      {"GET", "/attachments", "volume:attachment_get", bind(app, list_attachments), nullptr,
       kAttachments},
      {"GET", "/attachments/detail", "volume:attachment_get", bind(app, list_attachments_detail),
       nullptr, kAttachments},
      {"POST", "/attachments", "volume:attachment_create", bind(app, create_attachment),
       &create_schema(), kAttachments},
      {"GET", item, "volume:attachment_get", bind(app, show_attachment), nullptr, kAttachments},
      {"PUT", item, "volume:attachment_update", bind(app, update_attachment), &update_schema(),
       kAttachments},
      {"DELETE", item, "volume:attachment_delete", bind(app, delete_attachment), nullptr,
       kAttachments},
      {"POST", "/attachments/{attachment_id}/action", "volume:attachment_complete",
       bind(app, run_attachment_action), nullptr, kComplete},
  };
}

}  // namespace cinder::api
