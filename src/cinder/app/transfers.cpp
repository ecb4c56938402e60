#include "cinder/app/transfers.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/store/snapshots.hpp"
#include "openstack/handlers.hpp"
#include "platform/crypto.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::bad_request;
using platform::Session;
using store::TransferRow;
using store::VolumeRow;

constexpr std::string_view kAwaiting = "awaiting-transfer";
constexpr size_t kKeyBytes = 16;

std::string random_text(App& app) {
  return base::to_hex(platform::sha256(app.uuid() + app.uuid())).substr(0, 2 * kKeyBytes);
}

std::string hash_of(const std::string& salt, const std::string& auth_key) {
  return base::to_hex(platform::hmac_sha256(salt, auth_key));
}

[[noreturn]] void refuse_missing_transfer(const std::string& id) {
  throw Error(ErrorKind::not_found, "Transfer " + id + " could not be found.");
}

void check_offer(Session& session, const VolumeRow& volume, bool with_snapshots) {
  if (volume.status != "available") bad_request("Invalid volume: status must be available");
  // Who has the group has its volumes.
  if (!volume.group_id.empty())
    bad_request("Invalid volume: Volume " + volume.id + " must not belong to a group.");
  if (!with_snapshots) return;
  for (const auto& snapshot : store::list_snapshots_of_volume(session, volume.id)) {
    if (snapshot.status != "available")
      bad_request(
          fmt::format("Invalid snapshot: snapshot: {} status must be available", snapshot.id));
    if (!snapshot.group_snapshot_id.empty())
      bad_request(
          fmt::format("Invalid snapshot: snapshot: {} must not be part of a group", snapshot.id));
  }
}

void set_status(Session& session, VolumeRow volume, std::string_view status, base::TimePoint now) {
  const VolumeRow before = volume;
  volume.status = status;
  volume.updated_at = now;
  platform::update(session, volume, before);
}

// What the new owner gets, counted against its quota.
Demand demand_of(Session& session, const VolumeRow& volume, bool with_snapshots) {
  Demand demand{volume.volume_type_id, 1, 0, volume.size_gib, 0};
  if (!with_snapshots) return demand;
  for (const auto& snapshot : store::list_snapshots_of_volume(session, volume.id)) {
    demand.snapshots += 1;
    demand.snapshots_gib += snapshot.size_gib;
  }
  return demand;
}

void give(Session& session, VolumeRow volume, const openstack::Context& context,
          bool with_snapshots, base::TimePoint now) {
  const VolumeRow before = volume;
  volume.project_id = context.project_id();
  volume.user_id = context.user_id();
  volume.status = "available";
  volume.updated_at = now;
  platform::update(session, volume, before);
  if (with_snapshots)
    session.execute("UPDATE snapshots SET project_id=?, user_id=?, updated_at=? WHERE volume_id=?",
                    {volume.project_id, volume.user_id, now, volume.id});
}

}  // namespace

OfferedTransfer create_transfer(App& app, const openstack::Context& context,
                                const TransferWish& wish) {
  OfferedTransfer offered;
  offered.auth_key = random_text(app);
  TransferRow& transfer = offered.transfer;
  transfer.id = app.uuid();
  transfer.volume_id = wish.volume_id;
  transfer.name = wish.name;
  transfer.salt = random_text(app);
  transfer.key_hash = hash_of(transfer.salt, offered.auth_key);
  transfer.no_snapshots = wish.no_snapshots;
  transfer.created_at = app.now();
  app.database.write("transfer.create", [&](Session& session) {
    const VolumeRow volume = get_volume(session, context, wish.volume_id);
    check_offer(session, volume, !wish.no_snapshots);
    transfer.project_id = volume.project_id;
    set_status(session, volume, kAwaiting, transfer.created_at);
    // One that was left behind by a status that an administrator has reset.
    platform::replace(session, transfer);
  });
  return offered;
}

TransferRow get_transfer(Session& session, const openstack::Context& context,
                         const std::string& id) {
  auto transfer = store::find_transfer(session, id);
  if (!transfer || (transfer->project_id != context.project_id() && !context.is_admin()))
    refuse_missing_transfer(id);
  return *std::move(transfer);
}

TransferRow accept_transfer(App& app, const openstack::Context& context, const std::string& id,
                            const std::string& auth_key) {
  const base::TimePoint now = app.now();
  return app.database.write("transfer.accept", [&](Session& session) {
    const auto transfer = store::find_transfer(session, id);
    if (!transfer) refuse_missing_transfer(id);
    if (!platform::equal_in_constant_time(hash_of(transfer->salt, auth_key), transfer->key_hash))
      bad_request("Invalid auth key: Attempt to transfer " + id + " with invalid auth key.");
    const auto volume = store::find_volume(session, transfer->volume_id);
    if (!volume || volume->status != kAwaiting)
      bad_request(
          fmt::format("Invalid volume: Transfer {}: Volume id {} in unexpected state, "
                      "expected awaiting-transfer",
                      id, transfer->volume_id));
    const bool with_snapshots = !transfer->no_snapshots;
    static_cast<void>(get_volume_type(session, context, volume->volume_type_id));
    if (volume->project_id != context.project_id())
      check_quota(session, app.settings, context.project_id(),
                  demand_of(session, *volume, with_snapshots));
    give(session, *volume, context, with_snapshots, now);
    store::delete_transfer(session, id);
    return *transfer;
  });
}

void delete_transfer(App& app, const openstack::Context& context, const std::string& id) {
  const base::TimePoint now = app.now();
  app.database.write("transfer.delete", [&](Session& session) {
    const TransferRow transfer = get_transfer(session, context, id);
    const auto volume = store::find_volume(session, transfer.volume_id);
    if (volume && volume->status == kAwaiting) set_status(session, *volume, "available", now);
    store::delete_transfer(session, id);
  });
}

}  // namespace cinder::app
