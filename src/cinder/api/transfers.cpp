// /os-volume-transfer, and since 3.55 /volume-transfers.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-transfer
#include "cinder/app/transfers.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::TransferRow;

constexpr openstack::SortableColumn kSortableOfTransfers[] = {
    {"id", "id"}, {"name", "name"}, {"display_name", "name"}, {"created_at", "created_at"}};
constexpr ColumnFilter kFiltersOfTransfers[] = {
    {"id", "id=?"}, {"name", "name=?"}, {"display_name", "name=?"}, {"volume_id", "volume_id=?"}};
constexpr ListRules kTransferList{"volume:get_all_transfers", kSortableOfTransfers,
                                  kFiltersOfTransfers, Times::no};

enum class TransferForm { summary, detail };

void write_transfer(base::JsonWriter& json, const ApiRequest& request, const TransferRow& transfer,
                    TransferForm form, const std::string& auth_key = "") {
  const Microversion version = request.context.version;
  json.begin_object();
  json.field("id", transfer.id);
  json.field("volume_id", transfer.volume_id);
  json.field("name", transfer.name);
  Links(request.http, "os-volume-transfer").write(json, transfer.id);
  if (!auth_key.empty()) json.field("auth_key", auth_key);
  if (form == TransferForm::detail) {
    json.field("created_at", base::format_microseconds_without_zone(transfer.created_at));
    if (version >= Microversion{3, 55}) json.field("no_snapshots", transfer.no_snapshots);
    if (version >= Microversion{3, 57}) {
      json.field("source_project_id", transfer.project_id);
      json.field("destination_project_id", nullptr);
      json.field("accepted", false);
    }
  }
  json.end_object();
}

Response answer_transfer(const ApiRequest& request, const TransferRow& transfer, TransferForm form,
                         int status, const std::string& auth_key = "") {
  base::JsonWriter json;
  json.begin_object();
  json.key("transfer");
  write_transfer(json, request, transfer, form, auth_key);
  json.end_object();
  return answer(json, status);
}

Response answer_transfers(app::App& app, ApiRequest& request, TransferForm form) {
  return answer_items<TransferRow>(
      app, ItemList(app, request, kTransferList), "transfers", [&](Session&) {
        return [&request, form](base::JsonWriter& json, const TransferRow& transfer) {
          write_transfer(json, request, transfer, form);
        };
      });
}

Response list_transfers(app::App& app, ApiRequest& request) {
  return answer_transfers(app, request, TransferForm::summary);
}
Response list_transfers_detail(app::App& app, ApiRequest& request) {
  return answer_transfers(app, request, TransferForm::detail);
}

Response show_transfer(app::App& app, ApiRequest& request) {
  return answer_transfer(request, app.database.read([&](Session& session) {
    return app::get_transfer(session, request.context, request.parameter("transfer_id"));
  }),
                         TransferForm::detail, 200);
}

Response create_transfer(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "transfer");
  app::TransferWish wish;
  wish.volume_id = base::get_text(wanted, "volume_id");
  if (const auto name = text_member(wanted, "name")) wish.name = std::string(base::trim(*name));
  const Json* flag = base::find(wanted, "no_snapshots");
  wish.no_snapshots = flag && flag_of(*flag);
  const auto offered = app::create_transfer(app, request.context, wish);
  return answer_transfer(request, offered.transfer, TransferForm::detail, 202, offered.auth_key);
}

Response accept_transfer(app::App& app, ApiRequest& request) {
  const auto accepted = app::accept_transfer(app, request.context, request.parameter("transfer_id"),
                                             base::get_text(inner(request, "accept"), "auth_key"));
  return answer_transfer(request, accepted, TransferForm::summary, 202);
}

Response delete_transfer(app::App& app, ApiRequest& request) {
  app::delete_transfer(app, request.context, request.parameter("transfer_id"));
  return openstack::empty_response(202);
}

std::string transfer_schema(std::string_view more) {
  return fmt::format(
      R"({{"type":"object","properties":{{"transfer":{{"type":"object","properties":{{)"
      R"("volume_id":{{"type":"string","format":"uuid"}},"name":{{"type":["string","null"],)"
      R"("maxLength":255}}{}}},"required":["volume_id"],"additionalProperties":false}}}},)"
      R"("required":["transfer"],"additionalProperties":false}})",
      more);
}

// Where transfers are, and since when.
struct Place {
  std::string_view collection;
  std::string_view detail;
  std::string_view item;
  std::string_view accept;
  Microversion from;
};
constexpr Place kPlaces[] = {
    {"/os-volume-transfer",
     "/os-volume-transfer/detail",
     "/os-volume-transfer/{transfer_id}",
     "/os-volume-transfer/{transfer_id}/accept",
     {}},
    {"/volume-transfers",
     "/volume-transfers/detail",
     "/volume-transfers/{transfer_id}",
     "/volume-transfers/{transfer_id}/accept",
     {3, 55}},
};

}  // namespace

openstack::Routes transfer_routes(app::App& app) {
  static const openstack::Schema create_schema(transfer_schema(""));
  static const openstack::Schema create_schema_355(
      transfer_schema(fmt::format(R"(,"no_snapshots":{})", kFlagSchema)));
  static const openstack::Schema accept_schema(
      R"({"type":"object","properties":{"accept":{"type":"object","properties":{"auth_key":)"
      R"({"type":"string","minLength":1,"maxLength":255}},"required":["auth_key"],)"
      R"("additionalProperties":false}},"required":["accept"],"additionalProperties":false})");
  const char* const create = "volume:create_transfer";
  const char* const list = "volume:get_all_transfers";
  openstack::Routes routes{{"POST",
                            kPlaces[0].collection,
                            create,
                            bind(app, create_transfer),
                            &create_schema,
                            {},
                            {3, 54}}};
  for (const Place& at : kPlaces)
    append(
        routes,
        {{"POST", at.collection, create, bind(app, create_transfer), &create_schema_355, {3, 55}},
         {"GET", at.collection, list, bind(app, list_transfers), nullptr, at.from},
         {"GET", at.detail, list, bind(app, list_transfers_detail), nullptr, at.from},
         {"GET", at.item, "volume:get_transfer", bind(app, show_transfer), nullptr, at.from},
         {"DELETE", at.item, "volume:delete_transfer", bind(app, delete_transfer), nullptr,
          at.from},
         {"POST", at.accept, "volume:accept_transfer", bind(app, accept_transfer), &accept_schema,
          at.from}});
  return routes;
}

}  // namespace cinder::api
