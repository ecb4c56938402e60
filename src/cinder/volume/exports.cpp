#include "cinder/volume/exports.hpp"

#include <algorithm>
#include <set>

#include "cinder/app/attachments.hpp"
#include "cinder/app/qos_specs.hpp"

namespace cinder::volume {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::AttachmentRow;

// It has been told how, and with what it signs in.
bool has_way_there(const AttachmentRow& attachment) {
  return store::is_connected(attachment) && attachment.connection_info != "{}";
}

drivers::Grant grant_of(const AttachmentRow& attachment) {
  const base::Json info = base::parse_json(attachment.connection_info);
  return {base::text_or(base::parse_json(attachment.connector), "initiator"),
          base::text_or(info, "auth_username"), base::text_or(info, "auth_password")};
}

std::string username_of(const AttachmentRow& attachment) {
  std::string name = attachment.id;
  std::erase(name, '-');
  return name;
}

// What the hypervisor has to keep of what the volume's type promises of its speed; null: nothing.
base::Json qos_of(Session& session, const AttachmentRow& attachment) {
  const auto volume = store::find_volume(session, attachment.volume_id);
  const auto type =
      volume ? store::find_volume_type(session, volume->volume_type_id) : std::nullopt;
  if (!type || type->qos_specs_id.empty()) return nullptr;
  const auto qos = store::find_qos_specs(session, type->qos_specs_id);
  return qos ? app::get_front_end_specs(*qos, volume->size_gib) : base::Json(nullptr);
}

// Over the target of this host, signed in as the attachment.
base::JsonObject iscsi_connection(const Backend& backend, const AttachmentRow& attachment,
                                  const std::string& password) {
  const drivers::TargetAddress address = backend.target.address(attachment.volume_id);
  return {{"driver_volume_type", "iscsi"},
          {"target_discovered", false},
          {"target_portal", address.portal},
          {"target_iqn", address.iqn},
          {"target_lun", address.lun},
          {"auth_method", "CHAP"},
          {"auth_username", username_of(attachment)},
          {"auth_password", password},
          {"discard", true}};
}

// https://docs.openstack.org/api-ref/block-storage/v3/#show-attachment-details: connection_info.
base::Json connection_info(Session& session, const AttachmentRow& attachment,
                           base::JsonObject way_there) {
  way_there["volume_id"] = attachment.volume_id;
  way_there["access_mode"] = attachment.mode;
  way_there["encrypted"] = false;
  way_there["qos_specs"] = qos_of(session, attachment);
  way_there["cacheable"] = false;
  way_there["attachment_id"] = attachment.id;
  return way_there;
}

// The attachment if its volume is here. Throws Error(not_found).
AttachmentRow get_here(Session& session, const Backend& backend, const std::string& id) {
  auto attachment = store::find_attachment(session, id);
  const auto volume =
      attachment ? store::find_volume(session, attachment->volume_id) : std::nullopt;
  if (!volume || volume->pool != backend.pool())
    throw Error(ErrorKind::not_found, "Volume attachment could not be found.", id);
  return *std::move(attachment);
}

// How its connector gets there: what it signs in with is made once, where storage is anew each
// time.
AttachmentRow give_connection(Backend& backend, const std::string& id,
                              const std::string& volume_id) {
  const bool directly = backend.provider->is_reached_directly();
  const base::JsonObject direct =
      directly ? backend.provider->connection(volume_id) : base::JsonObject();
  const std::string password = backend.core.runtime.random.hex_id();
  return backend.core.database.write("attachment.connection", [&](Session& session) {
    AttachmentRow row = get_here(session, backend, id);
    if (!store::is_connected(row))
      throw Error(ErrorKind::conflict, "The attachment is " + row.status + ".", id);
    if (row.connection_info != "{}" && !directly) return row;
    const AttachmentRow before = row;
    row.connection_info = base::to_text(connection_info(
        session, row, directly ? direct : iscsi_connection(backend, row, password)));
    platform::update(session, row, before);
    return row;
  });
}

void check_initiator(const AttachmentRow& attachment) {
  if (grant_of(attachment).initiator.empty())
    throw Error(ErrorKind::bad_request,
                "Invalid input received: the connector names no initiator, and the volume is "
                "reached over iSCSI.");
}

std::string volume_of(Backend& backend, const std::string& attachment_id) {
  return backend.core.database.read(
      [&](Session& session) { return get_here(session, backend, attachment_id).volume_id; });
}

std::string address_of(const AttachmentRow& attachment) {
  return base::text_or(base::parse_json(attachment.connector), "ip");
}

// Where there is no target that cuts it off, its storage does: of the host that has lost the volume
// by this attachment's end, or of all hosts if none has it any more.
void shut_out(Backend& backend, const std::string& volume_id, const std::string& attachment_id) {
  auto others = backend.core.database.read(
      [&](Session& session) { return store::list_attachments_of_volume(session, volume_id); });
  const auto ended = std::find_if(others.begin(), others.end(), [&](const AttachmentRow& each) {
    return each.id == attachment_id && each.status == "detaching";
  });
  if (ended == others.end()) return;
  const std::string address = address_of(*ended);
  std::erase_if(others, [](const AttachmentRow& each) { return !has_way_there(each); });
  if (others.empty()) return backend.provider->shut_out(volume_id, "");
  const bool has_it_still = std::any_of(others.begin(), others.end(), [&](const auto& other) {
    return address_of(other) == address;
  });
  if (!has_it_still && !address.empty()) backend.provider->shut_out(volume_id, address);
}

void finish_detaching(Backend& backend, const std::string& attachment_id) {
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("attachment.gone", [&](Session& session) {
    const auto row = store::find_attachment(session, attachment_id);
    if (row && row->status == "detaching") app::forget_attachment(session, *row, now);
  });
}

}  // namespace

void ensure_export(Backend& backend, const std::string& volume_id) {
  if (backend.provider->is_reached_directly()) return;
  const auto attachments = backend.core.database.read(
      [&](Session& session) { return store::list_attachments_of_volume(session, volume_id); });
  drivers::Export wanted;
  wanted.volume_id = volume_id;
  wanted.read_only = true;
  for (const AttachmentRow& attachment : attachments) {
    if (!has_way_there(attachment)) continue;
    wanted.grants.push_back(grant_of(attachment));
    wanted.read_only = wanted.read_only && attachment.mode == "ro";
  }
  if (wanted.grants.empty()) return close_export(backend, volume_id);
  wanted.path = backend.provider->path(volume_id);
  backend.target.ensure(wanted);
}

void close_export(Backend& backend, const std::string& volume_id) {
  if (backend.provider->is_reached_directly()) return;
  backend.target.close(volume_id);
  backend.provider->close_path(volume_id);
}

Connection connect_attachment(Backend& backend, const ConnectAttachment& message) {
  const std::string volume_id = volume_of(backend, message.attachment_id);
  const openstack::Slots::Slot slot(backend.slots, volume_id);
  const AttachmentRow attachment = give_connection(backend, message.attachment_id, volume_id);
  if (!backend.provider->is_reached_directly()) check_initiator(attachment);
  ensure_export(backend, volume_id);
  return {base::parse_json(attachment.connection_info)};
}

void disconnect_attachment(Backend& backend, const DisconnectAttachment& message) {
  std::string volume_id;
  try {
    volume_id = volume_of(backend, message.attachment_id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return;  // it is gone already
    throw;
  }
  const openstack::Slots::Slot slot(backend.slots, volume_id);
  if (backend.provider->is_reached_directly()) shut_out(backend, volume_id, message.attachment_id);
  ensure_export(backend, volume_id);
  finish_detaching(backend, message.attachment_id);
  backend.target.rest();
}

bool restore_exports(Backend& backend) {
  const auto attachments = backend.core.database.read(
      [&](Session& session) { return store::list_attachments_in_pool(session, backend.pool()); });
  std::set<std::string> volumes;
  for (const AttachmentRow& attachment : attachments) volumes.insert(attachment.volume_id);
  for (const drivers::HeldPath& held : backend.provider->held_paths())
    volumes.insert(held.volume_id);
  bool all = true;
  for (const std::string& id : volumes)
    all &= despite_errors(id, [&] {
      const openstack::Slots::Slot slot(backend.slots, id);
      ensure_export(backend, id);
    });
  for (const AttachmentRow& attachment : attachments)
    if (attachment.status == "detaching")
      all &= despite_errors(attachment.volume_id,
                            [&] { disconnect_attachment(backend, {attachment.id}); });
  return all;
}

ExportPause::ExportPause(Backend& backend, std::string volume_id)
    : backend_(backend), volume_id_(std::move(volume_id)) {
  close_export(backend_, volume_id_);
}

ExportPause::~ExportPause() {
  // What fails here, the next comparison mends.
  try {
    despite_errors(volume_id_, [this] { ensure_export(backend_, volume_id_); });
  } catch (...) {  // a destructor must not throw
    platform::log_error("volume not within reach again volume={}", volume_id_);
  }
}

}  // namespace cinder::volume
