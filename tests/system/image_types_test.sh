#!/bin/bash
# Servers from images of other types than qcow2: vmdk, vdi and vhd disks, a bootable CD-ROM, and a kernel with its ramdisk.
# All are made of the tests' guest, which says on its console when it is up.
. "$(dirname "$0")/compute_cloud.sh"

# upload NAME DISK-FORMAT CONTAINER-FORMAT FILE [MEMBERS]: the image's id.
upload() {
  local id
  id=$(glance POST /images "$(jq -nc --arg name "$1" --arg disk "$2" --arg container "$3" --argjson more "${5:-"{}"}" \
    '{name: $name, disk_format: $disk, container_format: $container} + $more')" | jq -r .id)
  curl -sf -X PUT "${OS_AUTH_URL%%:*}://$api_address:$((9292 + offset))/v2/images/$id/file" -H "X-Auth-Token: $token" \
    -H 'Content-Type: application/octet-stream' --data-binary "@$4"
  echo "$id"
}

# The guest's kernel, its ramdisk, and how its boot loader starts it.
take_kernel() {
  mcopy -n -i "$work/guest.raw@@1M" ::vmlinuz ::initrd.img ::syslinux.cfg "$work/"
  arguments=$(sed -n 's/^ *APPEND //p' "$work/syslinux.cfg")
}

# A CD-ROM that starts them.
make_iso() {
  local tree=$work/cd
  mkdir "$tree"
  cp "$work"/{vmlinuz,initrd.img} /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$tree"
  cp "$work/syslinux.cfg" "$tree/isolinux.cfg"
  genisoimage -quiet -l -r -o "$work/guest.iso" -b isolinux.bin -c boot.catalog -no-emul-boot -boot-load-size 4 \
    -boot-info-table "$tree"
}

step 'make images of each type'
scripts/build-guest-image "$work/guest.qcow2"
qemu-img convert -O raw "$work/guest.qcow2" "$work/guest.raw"
qemu-img convert -O vmdk -o subformat=streamOptimized "$work/guest.qcow2" "$work/guest.vmdk"
qemu-img convert -O vdi "$work/guest.qcow2" "$work/guest.vdi"
qemu-img convert -O vpc -o force_size=on "$work/guest.qcow2" "$work/guest.vhd"
take_kernel
make_iso
truncate -s 1M "$work/empty"

configure </dev/null
step 'start a cloud'
up
make_flavor
make_network
declare -A images servers
for type in vmdk vdi vhd iso; do images[$type]=$(upload "$type" "$type" bare "$work/guest.$type"); done
kernel=$(upload kernel aki aki "$work/vmlinuz")
ramdisk=$(upload ramdisk ari ari "$work/initrd.img")
images[ami]=$(upload ami ami ami "$work/empty" "$(jq -nc --arg kernel "$kernel" --arg ramdisk "$ramdisk" \
  --arg arguments "$arguments" '{kernel_id: $kernel, ramdisk_id: $ramdisk, os_command_line: $arguments}')")

step 'an image that names a kernel which is none is refused'
image=$(upload wrong ami ami "$work/empty" '{"kernel_id": "'"$ramdisk"'"}')
wrong=$(create wrong)
wait_for 60 is_settled "$wrong"
[[ $(fault_of "$wrong") == *'do not boot with a kernel of disk format ari'* ]] || fail "$(fault_of "$wrong")"

for type in "${!images[@]}"; do
  step "a guest boots from $type"
  image=${images[$type]}
  servers[$type]=$(create "on-$type")
  wait_for 60 is_settled "${servers[$type]}"
  is "${servers[$type]}" ACTIVE || fail "$type: $(fault_of "${servers[$type]}")"
  wait_for 180 console_has "${servers[$type]}" 'GUEST: READY'
done

step 'nothing is left of them'
delete "$wrong" "${servers[@]}"
expect_no_trace_of "${servers[@]}"
delete_everything
stop_cloud
step 'done'
