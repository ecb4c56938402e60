#!/bin/bash
# What a guest learns of itself: one from its config drive, one from the metadata service. The guest reads it and says
# on its console what it found.
. "$(dirname "$0")/compute_cloud.sh"

configure </dev/null
step 'start a cloud'
up
upload_guest_image
make_flavor
make_network
ssh-keygen -q -t ed25519 -N '' -C compute-test -f "$work/key"
nova POST /os-keypairs "$(jq -nc --rawfile key "$work/key.pub" \
  '{keypair: {name: "compute", type: "ssh", public_key: $key}}')" >/dev/null

step 'create a server with a config drive and one without'
user_data=$(printf '#!/bin/sh\necho "GUEST: SAID BY USER DATA" > /dev/ttyS0\n' | base64 -w0)
common='"user_data": "'$user_data'", "key_name": "compute"'
drive=$(create on-drive "{$common, \"config_drive\": true, \"metadata\": {\"tier\": \"database\"}}")
service=$(create on-service "{$common, \"metadata\": {\"tier\": \"web\"}}")
for server in "$drive" "$service"; do
  wait_for 60 is_settled "$server"
  is "$server" ACTIVE || fail "$(fault_of "$server")"
done
[[ $(nova GET "/servers/$drive" | jq -r .server.config_drive) == True ]] || fail 'the API does not show the drive'

step 'the drive is an ISO 9660 file system with the label that cloud-init looks for'
grep -q '^Volume id: config-2$' <<<"$(isoinfo -d -i "$state/instances/$drive/disk.config")" || fail 'label'
[[ ! -e $state/instances/$service/disk.config ]] || fail 'a drive that nobody asked for'

step 'the guests come up'
for server in "$drive" "$service"; do wait_for 180 console_has "$server" 'GUEST: READY'; done

step 'one has read its config drive'
key=$(cut -d' ' -f2 "$work/key.pub" | sed 's/+/[+]/g')  # as a pattern
for layout in ec2/2009-04-04 ec2/latest; do
  expect_console "$drive" "CONFIGDRIVE /dev/vdb files=.*$layout/meta-data.json,$layout/user-data"
done
for version in 2012-08-10 2018-08-27 latest; do
  expect_console "$drive" "CONFIGDRIVE .*openstack/$version/meta_data.json" "CONFIGDRIVE .*openstack/$version/user_data"
done
expect_console "$drive" \
  'CONFIGDRIVE .*openstack/latest/network_data.json.*openstack/latest/vendor_data.json' \
  "CONFIGDRIVE ec2=i-${drive:0:8} networks=ipv4_dhcp vendor_data=object" \
  "METADATA configdrive uuid=$drive hostname=on-drive.novalocal az=nova meta=tier=database" \
  'HOSTNAME on-drive' "SSHKEY ssh-ed25519 $key" 'SAID BY USER DATA' 'USERDATA rc=0'

step 'the other has asked the metadata service, in both layouts'
expect_console "$service" \
  "METADATA openstack uuid=$service hostname=on-service.novalocal az=nova meta=tier=web" \
  "METADATA ec2 instance-id=i-${service:0:8} hostname=on-service.novalocal user_data=$(base64 -d <<<"$user_data" | wc -c)" \
  'HOSTNAME on-service' "SSHKEY ssh-ed25519 $key" 'SAID BY USER DATA' 'USERDATA rc=0'
! console_has "$service" CONFIGDRIVE || fail 'a drive that nobody asked for'

step 'nothing is left of them'
delete "$drive" "$service"
expect_no_trace_of "$drive" "$service"
delete_everything
stop_cloud
step 'done'
